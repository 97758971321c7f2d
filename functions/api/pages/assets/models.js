// Each model's form: send the example, or what was made of it, in any of the dialects.
const PATIENCE = 60000; // ms; a model of TensorFlow's takes seconds the first time
const quote = (text) => `'${text.replaceAll("'", `'"'"'`)}'`; // one word of a POSIX shell

for (const form of document.querySelectorAll("form[data-model]")) {
  const [dialect, body, output, request] = ["dialect", "body", "answer", "request"].map(
    (part) => form.querySelector(`[data-${part}]`),
  );
  const chosen = () => dialect.selectedOptions[0];
  const url = () => new URL(chosen().value, document.baseURI).href;
  const show = () => {
    request.textContent = `curl ${quote(url())} -H 'content-type: application/json' --data-raw ${quote(body.value)}`;
  };
  dialect.addEventListener("change", () => {
    body.value = chosen().dataset.example;
    show();
  });
  body.addEventListener("input", show);
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    output.textContent = "Waiting …";
    const started = performance.now();
    try {
      const answer = await fetch(url(), {
        method: "POST",
        body: body.value,
        headers: { "content-type": "application/json" },
        signal: AbortSignal.timeout(PATIENCE),
      });
      const text = await answer.text();
      const time = (performance.now() - started).toFixed(0);
      let shown = text;
      try {
        shown = JSON.stringify(JSON.parse(text), null, 1);
      } catch {
        // not JSON: shown as it is
      }
      output.textContent = `${answer.status} ${answer.statusText} in ${time} ms\n${shown}`;
    } catch (error) {
      output.textContent = error.name === "TimeoutError" ? "No answer within a minute; try again." : `Could not send it: ${error.message}. Try again.`;
    }
  });
  show();
}
