/** The server answers every URL of the app with this page. What it shows is in `_app.tsx`. */
export default function Page() {
  return null;
}
