#include "fcgi/page.h"

bool
page_wanted(const struct req *req)
{
	const char *html = strstr(req->accept, "text/html");
	const char *json = strstr(req->accept, "json");

	return html != NULL && (json == NULL || html < json);
}

void
page_open(struct reply *reply, const char *title)
{
	reply_text(reply, 200, "text/html; charset=utf-8");
	reply_header(reply, "Vary", "Accept");
	buf_puts(reply->body, "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
			      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
			      "<link rel=\"stylesheet\" href=\"/style.css\">\n<title>");
	buf_text(reply->body, title);
	buf_puts(reply->body, " - Framewright</title>\n</head>\n<body>\n<main>\n<h1>");
	buf_text(reply->body, title);
	buf_puts(reply->body, "</h1>\n");
}

void
page_close(struct reply *reply)
{
	buf_puts(reply->body, "</main>\n</body>\n</html>\n");
}
