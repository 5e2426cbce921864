dnl Switches of Framewright's configure. The warning set is for gcc and clang alike; what a compiler does not know is left out.

AC_DEFUN([FW_TRY_FLAG], [
	AS_VAR_PUSHDEF([cache], [fw_cv_flag_$1])
	AC_CACHE_CHECK([whether $CC knows $1], [cache], [
		fw_saved_cflags=$CFLAGS
		CFLAGS="$CFLAGS -Werror $1"
		AC_COMPILE_IFELSE([AC_LANG_PROGRAM()], [AS_VAR_SET([cache], [yes])], [AS_VAR_SET([cache], [no])])
		CFLAGS=$fw_saved_cflags
	])
	AS_VAR_IF([cache], [yes], [WARN_CFLAGS="$WARN_CFLAGS $1"])
	AS_VAR_POPDEF([cache])
])

AC_DEFUN([FW_WARNINGS], [
	WARN_CFLAGS=
	AC_SUBST([WARN_CFLAGS])
	m4_foreach_w([flag], [-Wall -Wextra -Wpointer-arith -Wstrict-prototypes -Wmissing-prototypes -Wold-style-definition
		-Wshadow -Wwrite-strings -Wformat=2 -Wvla -Wundef -Wnull-dereference -Wdate-time -Wimplicit-fallthrough
		-Wlogical-op -Wduplicated-cond -Wunused-result -fno-strict-aliasing -fstack-protector-strong
		-Wno-missing-field-initializers], [FW_TRY_FLAG(flag)])
	AC_ARG_ENABLE([werror], [AS_HELP_STRING([--enable-werror], [warnings are errors])], [], [enable_werror=no])
	fw_werror_note=shown
	AS_IF([test "x$enable_werror" = xyes], [WARN_CFLAGS="$WARN_CFLAGS -Werror"; fw_werror_note=errors])
])

dnl gcc makes vector code of loops over samples only when it is told that it may cost something; clang does so anyway.
AC_DEFUN([FW_VECTORS], [
	VECTOR_CFLAGS=
	AC_SUBST([VECTOR_CFLAGS])
	fw_saved_warn=$WARN_CFLAGS
	WARN_CFLAGS=
	FW_TRY_FLAG([-fvect-cost-model=dynamic])
	AS_IF([test "x$WARN_CFLAGS" != x], [VECTOR_CFLAGS="-ftree-vectorize $WARN_CFLAGS"])
	WARN_CFLAGS=$fw_saved_warn
])

AC_DEFUN([FW_SANITIZER], [
	AC_ARG_WITH([sanitizer], [AS_HELP_STRING([--with-sanitizer=LIST], [address,undefined or thread])],
		[fw_sanitizer=$withval], [fw_sanitizer=none])
	SANITIZER_CFLAGS=
	AS_CASE([$fw_sanitizer], [none|no], [],
		[SANITIZER_CFLAGS="-fsanitize=$fw_sanitizer -fno-omit-frame-pointer -fno-sanitize-recover=all -g"])
	AC_SUBST([SANITIZER_CFLAGS])
	AM_CONDITIONAL([SANITIZED], [test "x$SANITIZER_CFLAGS" != x])
])

AC_DEFUN([FW_COVERAGE], [
	AC_ARG_ENABLE([coverage], [AS_HELP_STRING([--enable-coverage], [build for gcov])], [], [enable_coverage=no])
	COVERAGE_CFLAGS=
	fw_coverage=$enable_coverage
	AS_IF([test "x$enable_coverage" = xyes], [COVERAGE_CFLAGS="--coverage -O0 -g"])
	AC_SUBST([COVERAGE_CFLAGS])
])
