/* Tables of answers. Without this script the buttons send the form and the page comes back with the row.

   [data-rows]            round one table
     [data-rows-body]     its <tbody>; each <tr data-row> is a row
     [data-rows-blank]    <template> of an empty row: __row__ stands for its number in names, __place__ for the
                          one that is read aloud
     [data-rows-add]      adds a row at the end
     [data-rows-remove]   takes its row out; the last one is emptied instead
   Cells pasted from a spreadsheet fill to the right and down from the cell with the focus. */
import { announce } from "./texts.js";

let next = 100000; // numbers of added rows: above any that the page came with

function addRow(table) {
  const number = next++;
  const body = table.querySelector("[data-rows-body]");
  const blank = table.querySelector("[data-rows-blank]").innerHTML.replaceAll("__row__", number);
  body.insertAdjacentHTML("beforeend", blank.replaceAll("__place__", body.children.length + 1));
  return body.lastElementChild;
}

function cellsOf(row) {
  return [...row.querySelectorAll("[data-column]")];
}

function setCell(cell, text) {
  const value = text.trim();
  if (cell.tagName === "SELECT") {
    const option = [...cell.options].find((one) => one.value === value || one.textContent.trim() === value);
    if (option) cell.value = option.value;
  } else {
    cell.value = value;
  }
}

document.addEventListener("click", (event) => {
  const table = event.target.closest("[data-rows]");
  if (!table) return;
  if (event.target.closest("[data-rows-add]")) {
    event.preventDefault();
    cellsOf(addRow(table))[0].focus();
  }
  const remover = event.target.closest("[data-rows-remove]");
  if (!remover) return;
  event.preventDefault();
  const row = remover.closest("[data-row]");
  const beside = row.nextElementSibling ?? row.previousElementSibling;
  if (beside) {
    row.remove();
    cellsOf(beside)[0].focus();
  } else {
    for (const cell of cellsOf(row)) cell.value = "";
    cellsOf(row)[0].focus();
  }
  announce(remover.getAttribute("aria-label"));
});

document.addEventListener("paste", (event) => {
  const cell = event.target.closest?.("[data-rows] [data-column]");
  const text = event.clipboardData?.getData("text/plain") ?? "";
  if (!cell || !/[\t\n]/.test(text.trim())) return;
  event.preventDefault();
  const table = cell.closest("[data-rows]");
  let row = cell.closest("[data-row]");
  const first = cellsOf(row).indexOf(cell);
  const lines = text.replace(/\r/g, "").replace(/\n+$/, "").split("\n");
  lines.forEach((line, place) => {
    if (place) row = row.nextElementSibling ?? addRow(table);
    const cells = cellsOf(row).slice(first);
    line.split("\t").slice(0, cells.length).forEach((piece, column) => setCell(cells[column], piece));
  });
});
