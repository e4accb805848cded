/** Who is signed in on this device. No secret: the session is in a cookie that scripts cannot read. */
export interface User {
  id: string;
  email: string;
}

const key = 'duly.user';

const isUser = (value: unknown): value is User =>
  typeof value === 'object' && value !== null && 'id' in value && 'email' in value;

export function rememberedUser(): User | null {
  try {
    const value: unknown = JSON.parse(localStorage.getItem(key) ?? 'null');
    return isUser(value) ? value : null;
  } catch {
    return null;
  }
}

export function rememberUser(user: User | null): void {
  if (user === null) localStorage.removeItem(key);
  else localStorage.setItem(key, JSON.stringify({ id: user.id, email: user.email }));
}

/** Stored by the sign-up for the first start of the app, which sends it (`shell/first-start.ts`). */
export const firstProfileKey = 'duly.first-profile';
