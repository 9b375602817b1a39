"""A footprint as text, the way a person would check it: what each process makes, for whom, and lets out."""

from collections.abc import Mapping
from decimal import Context, Decimal, localcontext

from portal.accounting.explain import LANGUAGES, figure
from portal.accounting.footprint import footprint_of
from portal.accounting.footprint_result import FootprintResult
from portal.accounting.footprint_system import Allocation, Emission, Flow, Origin, Process, System
from portal.domain.quantities import CONTEXT, convert

#: words of the text: (Chinese, English)
_WORDS: Mapping[str, tuple[str, str]] = {
    "functional_unit": ("功能单位", "Functional unit"),
    "boundary": ("系统边界", "Boundary"),
    "rules": ("核算规则", "Rules"),
    "gwp": ("全球增温潜势", "Global warming potentials"),
    "runs": ("运行次数", "Runs"),
    "makes": ("产出", "Makes"),
    "for": ("去向", "For"),
    "wanted": ("功能单位", "the functional unit"),
    "emits": ("排放", "Lets out"),
    "takes_in": ("吸收（不计入总量）", "Takes in (not in the total)"),
    "nothing": ("无直接排放", "Lets out nothing itself"),
    "share": ("分配", "Allocation"),
    "mass": ("按质量", "by mass"),
    "energy": ("按能量", "by energy"),
    "economic": ("按经济价值", "by value"),
    "background": ("背景因子", "background factor"),
    "source": ("来源", "Source"),
    "stages": ("按阶段", "By stage"),
    "total": ("总量", "Total"),
    "with_uptake": ("扣除生物吸收后", "Less biogenic uptake"),
    "cut_offs": ("未计入", "Left out"),
    "unverified": ("含未经核实的数值", "Touched by unverified values"),
    "packs": ("数据包（SHA-256）", "Packs (SHA-256)"),
}


#: digits of a number in the text; the result itself has more
_SHOWN = Context(prec=12)


def _shown(value: Decimal) -> str:
    return figure(value.normalize(_SHOWN))


def tell_footprint(system: System, language: str) -> str:
    """The footprint of a system with all of its arithmetic; raises InputError as ``footprint`` does."""
    result = footprint_of(system)
    with localcontext(CONTEXT):
        teller = _Teller(system, result, LANGUAGES.index(language))
        needed = [process for process in system.processes if result.scaling[process.id]]
        return "\n\n".join([teller.head(), *map(teller.process, needed), teller.sums()])


class _Teller:
    """Writes one footprint in one language."""

    def __init__(self, system: System, result: FootprintResult, which: int) -> None:
        self.system = system
        self.result = result
        self.which = which
        self.users: dict[str, list[tuple[Process, Flow]]] = {}
        for user in system.processes:
            for entry in user.inputs:
                if entry.amount and result.scaling[user.id]:
                    self.users.setdefault(entry.product, []).append((user, entry))

    def word(self, key: str) -> str:
        """A word of the text."""
        return _WORDS[key][self.which]

    def head(self) -> str:
        """What was asked for, under which rules, with which potentials."""
        goal, gwp = self.system.goal, self.system.gwp
        lines = [f"{self.word('functional_unit')}: {_shown(goal.amount)} {goal.unit} {goal.product}"]
        said = {"boundary": self.system.boundary, "rules": self.system.rules}
        lines += [f"{self.word(key)}: {text}" for key, text in said.items() if text]
        lines.append(f"{self.word('gwp')}: {gwp.id}")
        used = dict.fromkeys(entry.gas for process in self.system.processes for entry in process.emissions)
        for gas in used:
            value = gwp.values[gas]
            lines.append(f"  {gas}: {_shown(value.amount)} ({value.source}, {value.confidence})")
        return "\n".join(lines)

    def process(self, process: Process) -> str:
        """One process: runs, what they make and for whom, what they let out."""
        runs = self.result.scaling[process.id]
        made = process.output
        lines = [f"{process.id} [{process.stage}]", f"  {self.word('runs')}: {_shown(runs)}"]
        if process.allocation is not None:
            lines.append(f"  {self._allocation(process.allocation)}")
        total = runs * Decimal(process.attributed.numerator) / Decimal(process.attributed.denominator)
        lines.append(f"  {self.word('makes')}: {_shown(total)} {made.unit} {made.product}")
        lines.append(f"  {self.word('for')}: {' + '.join(self._uses(made))}")
        lines.append(f"  {self._emits(process, runs)}")
        lines += self._uptake(process, runs)
        lines += [f"  {self.word('source')}: {text}" for text in self.result.sources.get(process.id, ())]
        return "\n".join(lines)

    def _allocation(self, allocation: Allocation) -> str:
        share = Decimal(allocation.share.numerator) / Decimal(allocation.share.denominator)
        basis = " + ".join(f"{name} {_shown(amount)}" for name, amount in allocation.basis.items())
        own = _shown(allocation.basis[allocation.product])
        method = self.word(allocation.method)
        return f"{self.word('share')}: {method} {own} ÷ ({basis}) {allocation.unit} = {_shown(share)}"

    def _uses(self, made: Flow) -> list[str]:
        """Who takes what is made, in its own unit."""
        found = []
        goal = self.system.goal
        if goal.product == made.product:
            found.append(f"{_shown(convert(goal.amount, goal.unit, made.unit))} ({self.word('wanted')})")
        for user, entry in self.users.get(made.product, []):
            taken = convert(entry.amount, entry.unit, made.unit)
            found.append(f"{_shown(self.result.scaling[user.id])} × {_shown(taken)} ({user.id})")
        return found

    def _emits(self, process: Process, runs: Decimal) -> str:
        terms = [
            self._term(entry) for entry in process.emissions if entry.origin is not Origin.BIOGENIC_UPTAKE
        ]
        if process.background is not None:
            terms.append(f"{_shown(process.background.amount)} {self.word('background')}")
        if not terms:
            return self.word("nothing")
        contribution = _shown(self.result.by_process[process.id])
        return f"{self.word('emits')}: {_shown(runs)} × ({' + '.join(terms)}) = {contribution} kgCO2e"

    def _uptake(self, process: Process, runs: Decimal) -> list[str]:
        terms = [self._term(entry) for entry in process.emissions if entry.origin is Origin.BIOGENIC_UPTAKE]
        return [f"  {self.word('takes_in')}: {_shown(runs)} × ({' + '.join(terms)})"] if terms else []

    def _term(self, entry: Emission) -> str:
        potential = self.system.gwp.values[entry.gas].amount
        return f"{_shown(entry.amount)} kg {entry.gas} × {_shown(potential)}"

    def sums(self) -> str:
        """By stage and in all, and what else must be known."""
        result = self.result
        lines = [f"{self.word('stages')}:"]
        lines += [f"  {stage}: {_shown(value)} kgCO2e" for stage, value in result.by_stage.items()]
        added = " + ".join(_shown(value) for value in result.by_stage.values())
        lines.append(f"{self.word('total')}: {added} = {_shown(result.total)} kgCO2e")
        if result.total_with_uptake != result.total:
            lines.append(f"{self.word('with_uptake')}: {_shown(result.total_with_uptake)} kgCO2e")
        lines += [f"{self.word('cut_offs')}: {entry.what} ({entry.reason})" for entry in result.cut_offs]
        if result.unverified:
            lines.append(f"{self.word('unverified')}: {', '.join(result.unverified)}")
        lines += [f"{self.word('packs')}:", *(f"  {name} {sha}" for name, sha in result.packs.items())]
        return "\n".join(lines)
