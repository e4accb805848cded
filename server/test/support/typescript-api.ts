/** TypeScript's compiler API, which the native compiler does not have. */
export { ts as default } from '@ts-morph/common';
