/** For what is bound to come about: how long it takes says more about the machine than about the service. */
export const patience = { timeout: 30_000, interval: 20 };
