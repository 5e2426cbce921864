/*
 * Names that fail to compile when called: they overrun buffers, share hidden state between threads, start shells, or
 * turn bad input into a silent zero. What to use instead: struct buf or snprintf, memcpy with a length, strtoll with a
 * check (text.h), gmtime_r, id_bytes, posix_spawn.
 *
 * The standard headers come first because a macro in front of their own declarations would break them.
 */
#ifndef FW_BASE_BANNED_H
#define FW_BASE_BANNED_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>
#include <signal.h>

#define FW_BANNED(name) name##_is_banned_see_lib_base_banned_h

#undef sprintf
#define sprintf(...) FW_BANNED(sprintf)
#undef vsprintf
#define vsprintf(...) FW_BANNED(vsprintf)
#undef strcpy
#define strcpy(...) FW_BANNED(strcpy)
#undef stpcpy
#define stpcpy(...) FW_BANNED(stpcpy)
#undef strcat
#define strcat(...) FW_BANNED(strcat)
#undef strncpy
#define strncpy(...) FW_BANNED(strncpy)
#undef strncat
#define strncat(...) FW_BANNED(strncat)
#undef strtok
#define strtok(...) FW_BANNED(strtok)
#undef gets
#define gets(...) FW_BANNED(gets)
#undef atoi
#define atoi(...) FW_BANNED(atoi)
#undef atol
#define atol(...) FW_BANNED(atol)
#undef atoll
#define atoll(...) FW_BANNED(atoll)
#undef atof
#define atof(...) FW_BANNED(atof)
#undef localtime
#define localtime(...) FW_BANNED(localtime)
#undef gmtime
#define gmtime(...) FW_BANNED(gmtime)
#undef ctime
#define ctime(...) FW_BANNED(ctime)
#undef asctime
#define asctime(...) FW_BANNED(asctime)
#undef rand
#define rand(...) FW_BANNED(rand)
#undef srand
#define srand(...) FW_BANNED(srand)
#undef random
#define random(...) FW_BANNED(random)
#undef srandom
#define srandom(...) FW_BANNED(srandom)
#undef drand48
#define drand48(...) FW_BANNED(drand48)
#undef system
#define system(...) FW_BANNED(system)
#undef popen
#define popen(...) FW_BANNED(popen)
#undef tmpnam
#define tmpnam(...) FW_BANNED(tmpnam)
#undef tempnam
#define tempnam(...) FW_BANNED(tempnam)
#undef mktemp
#define mktemp(...) FW_BANNED(mktemp)
#undef vfork
#define vfork(...) FW_BANNED(vfork)
#undef alloca
#define alloca(...) FW_BANNED(alloca)
#undef signal
#define signal(...) FW_BANNED(signal)

#endif
