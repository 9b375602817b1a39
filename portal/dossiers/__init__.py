"""Disclosures and dossiers as pure functions: from accepted months and answers to a document's data.

One module a kind, named like its report; it holds ``assemble(source) -> Contents`` and, where its content
check asks for more than answers and months, ``facts(source)``. No database, no clock, no framework.
"""
