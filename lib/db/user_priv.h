/*
 * What user.c shares with the files of the tokens that stand for users.
 */
#ifndef FW_DB_USER_PRIV_H
#define FW_DB_USER_PRIV_H

#include "lib/db/db_priv.h"
#include "lib/db/user.h"

/* Reads the eight columns that every function answering with a user has in front. */
void user_read(struct db_row *row, struct arena *arena, struct user *user);

#endif
