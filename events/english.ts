import * as z from "zod/mini";
import en from "zod/v4/locales/en.js";

// The small zod says "Invalid input" of everything until it is given words. Whoever shows its sentences imports this.
z.config(en());
