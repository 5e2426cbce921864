/*
 * What asset.c shares with share.c.
 */
#ifndef FW_DB_ASSET_PRIV_H
#define FW_DB_ASSET_PRIV_H

#include "lib/db/asset.h"
#include "lib/db/db_priv.h"

/* The columns of asset_info() in the order that asset_read() takes them. */
#define ASSET_COLUMNS \
	"id, project_id, owner_id, kind, state, sha256, media_type, bytes, width, height, duration_us, fps_num, " \
	"fps_den," \
	" source, provider, model, simulated, cached, price_micros, generation_ms, parent_id, reason, reason_code," \
	" metadata, file_name, thumbnail_id, last_frame_id, created_at, role"

void asset_read(struct db_row *row, struct arena *arena, struct asset *asset);

#endif
