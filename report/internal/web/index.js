(function () {
  "use strict";
  document.documentElement.classList.add("js");
  var table = document.getElementById("list"), body = table.tBodies[0];
  var rows = Array.from(body.rows), heads = Array.from(table.tHead.rows[0].cells);
  var search = document.getElementById("search"), show = document.getElementById("show"), shown = document.getElementById("shown");
  function value(row, column, kind) {
    var cell = row.cells[column], v = cell.dataset.sort !== undefined ? cell.dataset.sort : cell.textContent;
    return kind === "number" ? Number(v) : v.toLowerCase();
  }
  heads.forEach(function (head, column) {
    var button = head.querySelector("button");
    if (!button) return;
    button.addEventListener("click", function () {
      var kind = button.dataset.kind, was = head.getAttribute("aria-sort");
      var down = was ? was === "ascending" : kind === "number";
      heads.forEach(function (h) { h.removeAttribute("aria-sort"); });
      head.setAttribute("aria-sort", down ? "descending" : "ascending");
      rows.map(function (row, n) { return { row: row, n: n, v: value(row, column, kind) }; })
        .sort(function (a, b) {
          var order = a.v < b.v ? -1 : a.v > b.v ? 1 : 0;
          return (down ? -order : order) || a.n - b.n;
        })
        .forEach(function (x) { body.appendChild(x.row); });
    });
  });
  function filter() {
    var text = search.value.toLowerCase(), want = show.value, n = 0;
    rows.forEach(function (row) {
      var visible = (!want || row.dataset.standing === want) && row.textContent.toLowerCase().indexOf(text) >= 0;
      row.hidden = !visible;
      if (visible) n++;
    });
    shown.textContent = n + " of " + rows.length + " shown";
  }
  search.addEventListener("input", filter);
  show.addEventListener("change", filter);
  filter();
})();
