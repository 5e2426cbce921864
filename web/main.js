// The page: signed out it shows the log-in card, signed in the films, each with its state or its player.
import * as api from "./api.js";

const $ = (selector) => document.querySelector(selector);
const pageSize = 24;
const running = new Set(["image_generation", "clip_generation", "final_composition"]);
const stageText = {
	created: "New",
	image_generation: "Making pictures",
	image_selection: "Pictures to choose",
	clip_generation: "Making clips",
	clip_selection: "Clips to choose",
	final_composition: "Composing",
	complete: "Finished",
	failed: "Failed",
};
const sockets = new Map();

function element(tag, className, text) {
	const node = document.createElement(tag);
	if (className)
		node.className = className;
	if (text !== undefined)
		node.textContent = text;
	return node;
}

const money = (amount) => `$${Number(amount).toFixed(2)}`;

function player(film) {
	const video = element("video");
	video.controls = true;
	video.preload = "none";
	video.src = film.final_video.url;
	if (film.final_video.thumbnail_url)
		video.poster = film.final_video.thumbnail_url;
	return video;
}

function picture(film) {
	const frame = element("div", "stage-picture");
	const first = film.generated_images?.[0];
	if (film.final_video) {
		frame.append(player(film));
	} else if (first) {
		const image = element("img");
		image.src = first.url;
		image.alt = `Product ${first.view_type}`;
		image.loading = "lazy";
		frame.append(image);
	} else {
		frame.append(element("span", "", stageText[film.stage] ?? film.stage));
	}
	return frame;
}

function facts(film) {
	const line = element("div", "facts");
	line.append(element("span", "", new Date(film.created_at).toLocaleString()), element("span", "", money(film.total_cost)));
	if (film.final_video) {
		line.append(element("span", "", `${film.final_video.duration.toFixed(1)} s`),
			element("span", "", `${film.final_video.file_size_mb.toFixed(1)} MB`));
		const link = element("a", "", "Download");
		link.href = `/api/sessions/${film.id}/download`;
		line.append(link);
	}
	return line;
}

function filmCard(film) {
	const card = element("article", "card film");
	card.dataset.id = film.id;
	const text = element("div", "text");
	const kind = film.stage === "complete" ? "complete" : film.stage === "failed" ? "failed" : running.has(film.stage) ? "running" : "";
	text.append(element("span", `badge ${kind}`, stageText[film.stage] ?? film.stage), element("h2", "", film.product_prompt ?? film.video_prompt ?? "Untitled"));
	if (running.has(film.stage)) {
		const bar = element("progress");
		bar.max = 100;
		bar.value = film.progress?.run_progress ?? 0;
		text.append(bar, element("div", "facts message", film.progress?.message ?? ""));
	}
	if (film.error)
		text.append(element("p", "error", film.error.message));
	text.append(facts(film));
	card.append(picture(film), text);
	return card;
}

async function refreshFilm(id) {
	const old = document.querySelector(`[data-id="${CSS.escape(id)}"]`);
	const film = await api.session(id);
	old?.replaceWith(filmCard(film));
	watch(film);
}

// One socket per running film; when its step ends the card is fetched anew. A lost socket is tried again, slower each time.
async function watch(film, delay = 1000) {
	if (!running.has(film.stage) || sockets.has(film.id))
		return;
	sockets.set(film.id, null);
	const again = () => {
		if (!sockets.delete(film.id))
			return;
		setTimeout(() => watch(film, Math.min(delay * 2, 30000)), delay);
	};
	try {
		sockets.set(film.id, await api.events(film.id, (event) => show(film.id, event), again));
	} catch {
		again();
	}
}

function show(id, event) {
	const card = document.querySelector(`[data-id="${CSS.escape(id)}"]`);
	if (event.gate || event.stage === "failed") {
		const socket = sockets.get(id);
		sockets.delete(id);
		socket?.close();
		refreshFilm(id);
		return;
	}
	const bar = card?.querySelector("progress");
	if (bar) {
		bar.value = event.run_progress;
		card.querySelector(".message").textContent = event.message;
	}
}

async function showFilms(offset = 0) {
	$("#login").hidden = true;
	$("#films").hidden = $("#logout").hidden = false;
	const { sessions, total } = await api.sessions(pageSize, offset);
	const films = await Promise.all(sessions.map((row) => api.session(row.id)));
	if (offset === 0)
		$("#list").replaceChildren();
	for (const film of films) {
		$("#list").append(filmCard(film));
		watch(film);
	}
	const shown = offset + films.length;
	$("#empty").hidden = total > 0;
	$("#more").hidden = shown >= total;
	$("#more").onclick = () => showFilms(shown);
	const { total_cost } = await api.costs();
	$("#total").textContent = `${total} ${total === 1 ? "film" : "films"}, ${money(total_cost)}`;
}

function showLogin(message) {
	$("#films").hidden = $("#logout").hidden = true;
	$("#login").hidden = false;
	const error = $("#login .error");
	error.hidden = !message;
	error.textContent = message ?? "";
	$("#login input[name=email]").focus();
}

async function submitLogin(event) {
	event.preventDefault();
	const form = event.target;
	const button = form.querySelector("button");
	button.disabled = true;
	try {
		await api.login(form.email.value, form.password.value);
		form.password.value = "";
		await showFilms();
	} catch (problem) {
		showLogin(problem.message);
	} finally {
		button.disabled = false;
	}
}

async function showHealth() {
	const mark = $("#health");
	try {
		const state = await api.health();
		mark.className = "health ok";
		mark.textContent = "all well";
		mark.title = `version ${state.version}`;
	} catch (problem) {
		mark.className = "health bad";
		mark.textContent = problem.status === 503 ? "a part is missing" : "no answer";
	}
}

$("#login form").addEventListener("submit", submitLogin);
$("#logout").addEventListener("click", async () => {
	for (const socket of sockets.values())
		socket?.close();
	sockets.clear();
	await api.logout();
	showLogin();
});
showHealth();
setInterval(showHealth, 15000);
if (await api.resume())
	await showFilms();
else
	showLogin();
