// The page works without this file; with it, names come without a reload. The server draws them
// in either case: what is fetched is the same page, of which the part with the names is taken.
const form = document.getElementById("form");
const status = document.getElementById("status");
const PATIENCE = 20000; // ms
let latest = 0;

const address = (seed) => {
  const query = new URLSearchParams(new FormData(form));
  for (const [name, value] of [...query]) if (value === "") query.delete(name);
  if (seed !== undefined) query.set("seed", seed);
  return `./?${query}`;
};

async function draw(url, remember) {
  const mine = ++latest;
  const result = document.getElementById("result");
  result.classList.add("busy");
  status.className = "";
  status.textContent = "Drawing …";
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(PATIENCE), headers: { Accept: "text/html, application/json" } });
    const text = await answer.text();
    if (!answer.ok) throw new Error(reason(text) ?? `the server answered ${answer.status}`);
    if (mine !== latest) return;
    const fresh = new DOMParser().parseFromString(text, "text/html").getElementById("result");
    if (!fresh) throw new Error("the server answered with another page");
    result.replaceWith(fresh);
    status.textContent = "";
    prepare();
    if (remember) history.pushState(null, "", fresh.querySelector("a[href^='./?']").getAttribute("href"));
  } catch (error) {
    if (mine !== latest) return;
    result.classList.remove("busy");
    status.className = "failed";
    const why = error.name === "TimeoutError" ? "the server takes too long" : error.message;
    status.textContent = `No new names: ${why}. The old ones are still here; try again.`;
  }
}

function reason(text) {
  try {
    const { error, details } = JSON.parse(text);
    return details?.length ? `${details[0].field}: ${details[0].message}` : error;
  } catch {
    return undefined;
  }
}

async function copy(button, text) {
  try {
    await navigator.clipboard.writeText(text);
    status.textContent = "Copied.";
  } catch {
    status.textContent = "The browser does not let pages copy here.";
  }
  button.focus();
}

function prepare() {
  const result = document.getElementById("result");
  const names = [...result.querySelectorAll(".names li")];
  for (const item of names) {
    const button = document.createElement("button");
    button.type = "button";
    button.title = "Copy";
    button.textContent = item.textContent;
    button.addEventListener("click", () => copy(button, item.dataset.name));
    item.dataset.name = item.textContent;
    item.replaceChildren(button);
  }
  const all = result.querySelector("[data-copy-all]");
  all.hidden = false;
  all.addEventListener("click", () => copy(all, names.map((item) => item.dataset.name).join("\n")));
  for (const sample of result.querySelectorAll(".sample")) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = "Copy";
    button.setAttribute("aria-label", `Copy ${sample.querySelector("h3").textContent}`);
    button.addEventListener("click", () => copy(button, sample.querySelector("pre").textContent));
    sample.append(button);
  }
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  draw(address(), true);
});
form.addEventListener("change", () => {
  if (form.checkValidity()) draw(address(document.getElementById("result").dataset.seed), true);
});
form.temperature.addEventListener("input", () => {
  document.getElementById("temperature-value").value = form.temperature.value;
});
addEventListener("popstate", () => {
  const query = new URLSearchParams(location.search);
  for (const [name, usual] of [["species", ""], ["temperature", "1.0"], ["prefix", ""], ["count", "20"]]) {
    form.elements[name].value = query.get(name) ?? usual;
  }
  document.getElementById("temperature-value").value = form.temperature.value;
  draw(location.href, false);
});
prepare();
