// Adds a button to each password that shows it. Without a script a password stays hidden.
(() => {
  "use strict";
  const SVG = "http://www.w3.org/2000/svg";
  const SHAPES = [
    "M2 12c2-4 6-7 10-7s8 3 10 7c-2 4-6 7-10 7s-8-3-10-7z",
    "M12 9a3 3 0 1 0 .01 0z",
    "M4 4l16 16",
  ];

  const icon = () => {
    const svg = document.createElementNS(SVG, "svg");
    svg.setAttribute("viewBox", "0 0 24 24");
    svg.setAttribute("aria-hidden", "true");
    for (const shape of SHAPES) {
      const path = document.createElementNS(SVG, "path");
      path.setAttribute("d", shape);
      svg.append(path);
    }
    return svg;
  };

  for (const field of document.querySelectorAll(".secret")) {
    const input = field.querySelector("input");
    const button = document.createElement("button");
    button.type = "button";
    button.className = "reveal";
    button.append(icon());
    const show = (isShown) => {
      input.type = isShown ? "text" : "password";
      button.title = isShown ? field.dataset.hide : field.dataset.show;
      button.setAttribute("aria-label", button.title);
      button.toggleAttribute("data-shown", isShown);
    };
    button.addEventListener("click", () => {
      show(input.type === "password");
      input.focus();
    });
    // Browsers keep what is typed into fields that aren't passwords.
    input.form.addEventListener("submit", () => show(false));
    input.spellcheck = false;
    input.autocapitalize = "none";
    show(false);
    field.append(button);
  }
})();

// A form is sent once. A page that the browser shows again after "back" can be sent again.
(() => {
  "use strict";
  for (const form of document.querySelectorAll("form[method=post]")) {
    let isSent = false;
    form.addEventListener("submit", (event) => {
      if (isSent) event.preventDefault();
      isSent = true;
    });
    addEventListener("pageshow", () => { isSent = false; });
  }
})();
