// Marks which lines of the password policy a new password keeps. The page works without it.
(() => {
  "use strict";
  const list = document.getElementById("password-rules");
  const input = document.querySelector('input[aria-describedby~="password-rules"]');
  if (!list || !input) return;

  // As the server checks them (rules/auth/password_policy.py).
  const SYMBOLS = "^$*.[]{}()?\"!@#%&/\\,><':;|_~`=+-";
  const KEPT = {
    lower: (password) => /[a-z]/.test(password),
    upper: (password) => /[A-Z]/.test(password),
    number: (password) => /[0-9]/.test(password),
    symbol: (password) =>
      [...password].some((each) => SYMBOLS.includes(each)) || password.slice(1, -1).includes(" "),
    length: (password, line) => [...password].length >= Number(line.dataset.least),
  };

  const mark = () => {
    for (const line of list.querySelectorAll("[data-rule]")) {
      const isKept = KEPT[line.dataset.rule](input.value, line);
      line.classList.toggle("passwordCheck-valid-customizable", isKept);
      line.classList.toggle("passwordCheck-notValid-customizable", !isKept);
      // Screen readers announce what changes, and only that.
      const state = ` (${isKept ? list.dataset.kept : list.dataset.open})`;
      const shown = line.querySelector("span");
      if (shown.textContent !== state) shown.textContent = state;
    }
  };
  input.addEventListener("input", mark);
  mark();
})();
