/*
 * Which statements a connection has prepared: a set of addresses, since statements are static.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/db/db_conn.h"

static size_t
db_slot(const struct db_stmt *const *table, size_t cap, const struct db_stmt *stmt)
{
	size_t i = (size_t)(((uintptr_t)stmt >> 4) * 0x9E3779B97F4A7C15u) & (cap - 1);
	while (table[i] != NULL && table[i] != stmt)
		i = (i + 1) & (cap - 1);
	return i;
}

bool
db_is_prepared(const struct db *db, const struct db_stmt *stmt)
{
	return db->prepared_cap > 0 &&
	       db->prepared[db_slot((const struct db_stmt *const *)db->prepared, db->prepared_cap, stmt)] == stmt;
}

static void
db_prepared_grow(struct db *db)
{
	const size_t cap = db->prepared_cap == 0 ? 128 : db->prepared_cap * 2;
	const struct db_stmt **table = calloc(cap, sizeof(*table));
	if (table == NULL)
		abort();
	for (size_t i = 0; i < db->prepared_cap; i++) {
		if (db->prepared[i] != NULL)
			table[db_slot((const struct db_stmt *const *)table, cap, db->prepared[i])] = db->prepared[i];
	}
	free(db->prepared);
	db->prepared = table;
	db->prepared_cap = cap;
}

void
db_set_prepared(struct db *db, const struct db_stmt *stmt)
{
	if ((db->prepared_count + 1) * 2 > db->prepared_cap)
		db_prepared_grow(db);
	const size_t slot = db_slot((const struct db_stmt *const *)db->prepared, db->prepared_cap, stmt);
	if (db->prepared[slot] == NULL)
		db->prepared_count++;
	db->prepared[slot] = stmt;
}

void
db_forget_prepared(struct db *db)
{
	if (db->prepared != NULL)
		memset(db->prepared, 0, db->prepared_cap * sizeof(*db->prepared));
	db->prepared_count = 0;
}
