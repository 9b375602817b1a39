"""Carbon credits for the access matrix: one of each enterprise, unused, so that every act is open."""

from sqlalchemy.orm import Session

from portal.domain.access import Actor
from portal.services.credits import add_credit
from tests.factories.credits import credit_data


def make_matrix_credit(session: Session, officer: Actor, enterprise_id: int, mark: str) -> int:
    """The id of a credit of the enterprise."""
    data = credit_data(project_name=f"{mark}处的示例项目", serial_from=f"{mark}-1", serial_to=f"{mark}-9")
    return add_credit(session, officer, enterprise_id, data).id
