/** Does `work`; when it throws, the error goes to `failures` and the answer is undefined, so that what comes next is done all the same. */
export async function attempt<T>(failures: unknown[], work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    failures.push(error);
    return undefined;
  }
}
