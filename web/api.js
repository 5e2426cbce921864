// The API as this page needs it. The access token lives in memory only; the refresh token in sessionStorage renews it, so a
// reload stays signed in and a closed tab does not.

let accessToken = null;
let renewTimer = 0;

/** A refused call: `status`, the stable `code` and a sentence for people. */
export class Problem extends Error {
	constructor(body, status) {
		super(body.detail || body.title || `The server answered ${status}.`);
		this.code = body.code || "internal";
		this.status = status;
	}
}

async function call(method, path, body) {
	const headers = { Accept: "application/json" };
	if (accessToken)
		headers.Authorization = `Bearer ${accessToken}`;
	if (body !== undefined)
		headers["Content-Type"] = "application/json";
	const answer = await fetch(path, { method, headers, body: body === undefined ? undefined : JSON.stringify(body) });
	const text = await answer.text();
	let json = {};
	try {
		json = text ? JSON.parse(text) : {};
	} catch {
		json = { detail: "The server's answer could not be read." };
	}
	if (!answer.ok)
		throw new Problem(json, answer.status);
	return json;
}

function keep(tokens) {
	accessToken = tokens.session_token;
	sessionStorage.setItem("refresh_token", tokens.refresh_token);
	clearTimeout(renewTimer);
	// early enough that a film which is being watched never stops half way
	renewTimer = setTimeout(() => resume().catch(() => {}), Math.max(30, tokens.expires_in * 0.8) * 1000);
}

export async function login(email, password) {
	keep(await call("POST", "/api/auth/login", { email, password }));
}

/** Signs in again with the refresh token of this tab; false when there is none or it has ended. */
export async function resume() {
	const refresh_token = sessionStorage.getItem("refresh_token");
	if (!refresh_token)
		return false;
	try {
		keep(await call("POST", "/api/auth/refresh", { refresh_token }));
		return true;
	} catch (problem) {
		if (problem.status === 401)
			sessionStorage.removeItem("refresh_token");
		return false;
	}
}

export async function logout() {
	const refresh_token = sessionStorage.getItem("refresh_token");
	clearTimeout(renewTimer);
	sessionStorage.removeItem("refresh_token");
	await call("POST", "/api/auth/logout", refresh_token ? { refresh_token } : {}).catch(() => {});
	accessToken = null;
}

export const health = () => call("GET", "/health");
export const sessions = (limit, offset) => call("GET", `/api/sessions?limit=${limit}&offset=${offset}`);
export const session = (id) => call("GET", `/api/sessions/${encodeURIComponent(id)}`);
export const costs = () => call("GET", "/api/costs/summary");

/** Opens the event socket of one session with a single-use ticket: the access token never stands in an address. */
export async function events(id, onEvent, onEnd) {
	const { ticket } = await call("POST", "/api/auth/ticket", { session_id: id });
	const scheme = location.protocol === "https:" ? "wss:" : "ws:";
	const socket = new WebSocket(`${scheme}//${location.host}/ws/${encodeURIComponent(id)}?ticket=${encodeURIComponent(ticket)}`);
	socket.onmessage = (message) => onEvent(JSON.parse(message.data));
	socket.onclose = onEnd;
	return socket;
}
