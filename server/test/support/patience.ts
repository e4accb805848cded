/** For conditions that must become true: the time they take depends on the machine. */
export const patience = { timeout: 90_000, interval: 20 };
