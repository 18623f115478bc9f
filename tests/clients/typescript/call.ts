// Calls a running gateway with the generated types: log in, list, read one thread, be refused.
// usage: node call.js BASE_URL EMAIL PASSWORD
import createClient from "openapi-fetch";
import type { paths } from "./schema.js";

const [baseUrl, email, password] = process.argv.slice(2);
if (!baseUrl || !email || !password) throw new Error("usage: call.js BASE_URL EMAIL PASSWORD");

const client = createClient<paths>({ baseUrl });
const session = await client.POST("/auth/login", { body: { email, password } });
if (!session.data) throw new Error(`log-in refused: ${session.error.code}`);

const headers = { Authorization: `Bearer ${session.data.access_token}` };
const page = await client.GET("/api/v1/conversations", { params: { query: { page_size: 5 } }, headers });
if (!page.data) throw new Error(`list refused: ${page.error.code}`);

const unknown = await client.GET("/api/v1/conversations/{conversation_id}", {
  params: { path: { conversation_id: "0000-0000" } },
  headers,
});
console.log(
  JSON.stringify({
    profile: session.data.profile.email,
    total: page.data.total,
    page_size: page.data.page_size,
    unknown: unknown.error?.code,
  }),
);
