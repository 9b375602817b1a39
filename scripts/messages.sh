#!/usr/bin/env bash
# bash scripts/messages.sh   collects every text, brings the English catalogue up to date and compiles it.
# Texts without English are listed at the end (and the exit status is 1): write them into
# portal/translations/en/LC_MESSAGES/messages.po and run it again. Chinese needs no catalogue.
set -euo pipefail
cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/.."
babel() { .venv/bin/python -m babel.messages.frontend -q "$@"; }

mkdir -p build
catalogue=portal/translations/en/LC_MESSAGES/messages.po
babel extract -F babel.cfg -k N_ -k _ -k gettext -k ngettext:1,2 -k pgettext:1c,2 -k lazy_gettext \
  --no-wrap --sort-by-file --add-location=file --project=portal -o build/messages.pot .
babel update -i build/messages.pot -o "$catalogue" -l en \
  --no-wrap --no-fuzzy-matching --ignore-obsolete --ignore-pot-creation-date
babel compile -i "$catalogue" -o "${catalogue%.po}.mo"
.venv/bin/python - "$catalogue" <<'PYTHON'
import sys
from pathlib import Path

from babel.messages.pofile import read_po

with Path(sys.argv[1]).open("rb") as file:
    messages = [message for message in read_po(file, locale="en") if message.id]
missing = [message for message in messages if not message.string or message.fuzzy]
for message in missing:
    print(f"{message.locations[0][0]}: {message.id}")
print(f"{len(messages)} messages, {len(missing)} without English")
sys.exit(1 if missing else 0)
PYTHON
