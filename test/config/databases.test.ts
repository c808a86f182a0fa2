import { expect, test } from "vitest";
import { parseDatabases } from "../../shared/config/databases.ts";
import { problemsOf } from "./config-failure.ts";

const ONE = `databases:
  - id: catalogue
    instances:
      - { id: writer, url: "postgres://warmer@writer.example:5432/guide" }
      - { id: reader-1, url: "postgres://warmer@reader-1.example:5432/guide" }
    relations: [guide.programme]
    statements:
      - SELECT 1;
`;

const problems = (from: string, to: string) => {
  if (!ONE.includes(from)) throw new Error(`nothing to change: ${from}`);
  return problemsOf(parseDatabases, ONE.replace(from, to));
};

test("a file of databases names instances, relations and questions", () => {
  expect(parseDatabases(ONE, "f.yaml")).toMatchObject([
    {
      instances: [
        { id: "writer", connectionString: "postgres://warmer@writer.example:5432/guide" },
        { id: "reader-1", connectionString: "postgres://warmer@reader-1.example:5432/guide" },
      ],
      relations: [{ schema: "guide", name: "programme" }],
      statements: ["SELECT 1"],
    },
  ]);
});

test.each([
  ["guide.programme", "'x\"; DROP TABLE y'", /^f.yaml:6:.*is no relation; right would be a name like/],
  ["SELECT 1;", "DELETE FROM guide.programme", /^f.yaml:8:.*it is no question; right would be one SELECT/],
  ["warmer@writer", "warmer:secret@writer", /^f.yaml:4:(?!.*secret).*the url has a password in it/],
  ["postgres://warmer@writer", "mysql://warmer@writer", /^f.yaml:4:.*no address of a PostgreSQL/],
  ["id: reader-1", "id: writer", /^f.yaml:5:.*the id "writer" is taken by an instance above/],
])("%s as %s is a problem with its line", (from, to, problem) => {
  expect(problems(from, to)).toEqual([expect.stringMatching(problem)]);
});

const CLUSTER = `databases:
  - id: catalogue
    aurora: { cluster: catalogue, database: guide, secret: "arn:aws:secretsmanager:eu-west-1:111122223333:secret:warmer-AbCdEf", user: warmer }
`;

test("a cluster is named instead of its instances", () => {
  expect(parseDatabases(CLUSTER, "f.yaml")).toMatchObject([{ instances: [], aurora: { clusterId: "catalogue", user: "warmer" } }]);
});

test.each([
  ["    aurora", "    instances: [{ id: one, url: postgres://me@one/guide }]\n    aurora", /^f.yaml:2:.*it has instances and aurora/],
  [CLUSTER.slice(CLUSTER.indexOf("    aurora")), "", /^f.yaml:2:.*nothing says where it is; right would be instances, or aurora/],
  ["user: warmer", "user: warmer/*", /^f.yaml:3:.*right would be a role of lower-case letters/],
  ["arn:aws:secretsmanager:eu-west-1:111122223333:secret:warmer-AbCdEf", "*", /^f.yaml:3:.*right would be an ARN like/],
])("of a cluster, %j as %j is a problem with its line", (from, to, problem) => {
  expect(problemsOf(parseDatabases, CLUSTER.replace(from, to))).toEqual([expect.stringMatching(problem)]);
});
