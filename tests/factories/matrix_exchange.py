"""A product's footprint and a supplier's for the access matrix: what the exchange of footprints is about."""

import io
import json
from decimal import Decimal
from pathlib import Path

from sqlalchemy.orm import Session

from portal.domain.access import Actor
from portal.queries.product_inputs import work_out
from portal.services.products import ProductData, SystemData, add_product, keep_footprint, save_system
from portal.services.supplier_footprints import keep_footprint as keep_supplier_footprint
from portal.services.supplier_footprints import look_at_footprint
from portal.storage import Storage

CASE = Path(__file__).parents[1] / "cases" / "pact" / "bare_footprint.json"
SYSTEM = {
    "gwp": "AR6",
    "processes": [
        {
            "key": "P1",
            "name": "示例过程",
            "output_name": "示例产品",
            "output_amount": "1",
            "output_unit": "kg",
            "inputs": [
                {
                    "name": "示例投入",
                    "amount": "1",
                    "unit": "kg",
                    "from": "factor",
                    "factor": "2",
                    "per": "kg",
                    "factor_source": "示例",
                }
            ],
        }
    ],
}


def make_matrix_exchange(
    session: Session, storage: Storage, officer: Actor, enterprise_id: int, mark: str
) -> dict[str, int]:
    """Ids of a product, of its footprint, and of a footprint that a supplier sent."""
    data = ProductData(f"{mark}处的示例产品", "", Decimal(1), "kg", rules="示例规则")
    product = add_product(session, officer, enterprise_id, data)
    system = save_system(
        session, officer, enterprise_id, product.id, 0, SystemData("2025-01", "2025-12", SYSTEM)
    )
    footprint = keep_footprint(session, officer, product, system, work_out(session, product, system))
    sent = {**json.loads(CASE.read_bytes()), "companyName": f"{mark}处的示例供应商"}
    content = io.BytesIO(json.dumps(sent).encode())
    digest = look_at_footprint(session, storage, officer, enterprise_id, content).sha256
    supplier = keep_supplier_footprint(session, storage, officer, enterprise_id, digest)
    return {"product_id": product.id, "footprint_id": footprint.id, "supplier_footprint_id": supplier.id}
