import type { Context } from "../../shared/app/context.ts";
import { readDocument, updateDocument } from "../../shared/app/documents.ts";
import { measure } from "../../shared/app/measure.ts";
import { expireOverrides } from "../../shared/app/override.ts";
import { plan } from "../../shared/app/plan.ts";
import { situationAt } from "../../shared/app/situation.ts";
import type { Learned } from "../../shared/core/forecast/model.ts";
