# One quiet hand-written Makefile.  V=1 shows the commands, SAN=1 builds and
# tests under ASan and UBSan (in a tree of its own), WERROR=1 is for CI.

PREFIX ?= /usr/local
BINDIR ?= $(PREFIX)/bin
MANDIR ?= $(PREFIX)/share/man
BASHCOMPDIR ?= $(PREFIX)/share/bash-completion/completions
ZSHCOMPDIR ?= $(PREFIX)/share/zsh/site-functions
FISHCOMPDIR ?= $(PREFIX)/share/fish/vendor_completions.d
LINKPREFIX ?= /usr
PKG_CONFIG ?= pkg-config
INSTALL ?= install
CFLAGS ?= -O2 -g
PROVE ?= prove
JOBS ?= $(shell getconf _NPROCESSORS_ONLN)

BUILD ?= build
OUT := $(BUILD)/$(or $(SAN:1=san),plain)$(if $(CC:cc=),-$(notdir $(CC)))
Q := $(if $(V),,@)
SAY = @$(if $(V),:,printf '  %-5s %s\n')
MAKE_AGAIN = +$(Q)$(MAKE) $(if $(V),,-s) --no-print-directory \
	$(if $(findstring -j,$(MAKEFLAGS)),,-j$(JOBS))

WARN := -Wall -Wextra -Wpedantic -Wshadow -Wstrict-prototypes \
	-Wmissing-prototypes -Wold-style-definition -Wpointer-arith \
	-Wwrite-strings -Wcast-qual -Wconversion -Wformat=2 -Wundef -Wvla \
	$(if $(WERROR),-Werror)
HARDEN := -fstack-protector-strong -fPIE -fno-common \
	$(if $(SAN),,-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2)
SANITIZE := -fsanitize=address,undefined -fno-sanitize-recover=all \
	-fno-omit-frame-pointer
SANFLAGS := $(if $(SAN),$(SANITIZE))
FUZZFLAGS := $(if $(filter fuzz,$(SAN)),-fsanitize=fuzzer-no-link)
LIBS = $(shell $(PKG_CONFIG) --libs gnutls libbsd)
INCS = $(shell $(PKG_CONFIG) --cflags gnutls libbsd)
ALLCFLAGS = -std=c11 -D_GNU_SOURCE -Isrc -Itests $(INCS) $(WARN) $(HARDEN) \
	$(SANFLAGS) $(FUZZFLAGS) $(CFLAGS) -pthread
RELRO := -Wl,-z,relro,-z,now,-z,noexecstack,--as-needed
ALLLDFLAGS = -pie $(RELRO) $(SANFLAGS) $(LDFLAGS) -pthread
LINK = $(Q)mkdir -p $(@D) && $(CC) $(ALLLDFLAGS) -o $@ $^

objects = $(patsubst %.c,$(OUT)/%.o,$(wildcard $(1)))
OBJ := $(call objects,src/*/*.c)
TLIB := $(call objects,tests/lib/*.c)
HOST := $(call objects,tests/smarthost/*.c)
UNIT := $(patsubst tests/%.c,$(OUT)/%,$(wildcard tests/unit/*.c))
FUZZ := $(patsubst tests/%.c,$(OUT)/%,$(wildcard tests/fuzz/*.c))
TOOLS := $(patsubst %.c,$(OUT)/%,$(wildcard tests/tools/*.c))
HOUSE := $(wildcard tests/house/*.t)
CLI := $(wildcard tests/cli/*.t)

# What the tests are told: where the programs are and how they were built.
TESTENV = OUT=$(abspath $(OUT)) PNEU=$(abspath $(OUT)/pneu) \
	SMARTHOST=$(abspath $(OUT)/smarthost) SAN=$(SAN) \
	CMOCKA_MESSAGE_OUTPUT=TAP
RUN_TESTS = $(Q)umask 022; $(TESTENV) $(PROVE) $(if $(V),-v) -j$(JOBS) -e ''

all: $(OUT)/pneu

$(OUT)/%.o: %.c
	$(SAY) CC $<
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALLCFLAGS) -MMD -MP -c -o $@ $<

$(OUT)/libpneu.a: $(OBJ)
	$(SAY) AR $@
	$(Q)rm -f $@ && $(AR) rcs $@ $^

$(OUT)/pneu: $(OUT)/src/main.o $(OUT)/libpneu.a
	$(SAY) LD $@
	$(LINK) $(LIBS)

# What tests share: the reader of talk files and the like.  None of it needs
# cmocka: the smarthost, and so the demonstration, is built without.
$(OUT)/libtest.a: $(TLIB)
	$(SAY) AR $@
	$(Q)rm -f $@ && $(AR) rcs $@ $^

$(OUT)/smarthost: $(HOST) $(OUT)/libtest.a $(OUT)/libpneu.a
	$(SAY) LD $@
	$(LINK) $(LIBS)

$(OUT)/unit/%: $(OUT)/tests/unit/%.o $(OUT)/libtest.a $(OUT)/libpneu.a
	$(SAY) LD $@
	$(LINK) -lcmocka $(LIBS)

$(OUT)/fuzz/%: $(OUT)/tests/fuzz/%.o $(OUT)/libtest.a $(OUT)/libpneu.a
	$(SAY) LD $@
	$(LINK) -fsanitize=fuzzer $(LIBS)

$(OUT)/tests/tools/%: $(OUT)/tests/tools/%.o $(OUT)/libtest.a $(OUT)/libpneu.a
	$(SAY) LD $@
	$(LINK) $(LIBS)

# What is missing is installed first; what is then there is made and run.
deps:
	$(Q)tests/deps.sh build check
check:
	$(Q)tests/deps.sh build check
	$(MAKE_AGAIN) tested
demo:
	$(Q)tests/deps.sh build
	$(MAKE_AGAIN) $(OUT)/pneu $(OUT)/smarthost
	$(Q)$(TESTENV) tests/demo.sh

programs: $(OUT)/pneu $(OUT)/smarthost $(UNIT) $(TOOLS)
tested: programs
	$(RUN_TESTS) $(HOUSE) $(UNIT) $(CLI)
unit: $(UNIT)
	$(RUN_TESTS) $(UNIT)
house: $(OUT)/pneu
	$(RUN_TESTS) $(HOUSE)

# For those who work on pneu: these want tools that check does not.
interop: $(OUT)/pneu $(OUT)/smarthost
	$(RUN_TESTS) -j1 tests/interop/*.t
lint:
	$(Q)CFLAGS='$(ALLCFLAGS)' tests/lint.sh
fuzz:
	$(MAKE_AGAIN) CC=clang SAN=fuzz fuzzed
fuzzed: $(FUZZ)
	$(Q)printf '%s\n' $(FUZZ) | SECONDS_EACH=$(or $(SECONDS),15) \
		xargs -n 1 -P $(JOBS) tests/fuzz.sh $(OUT)

# PREFIX, DESTDIR and the *DIR variables at the top say where to.
MAN := $(wildcard man/*.[1-8])
INSTALLED = $(BINDIR)/pneu $(BASHCOMPDIR)/pneu $(ZSHCOMPDIR)/_pneu \
	$(FISHCOMPDIR)/pneu.fish \
	$(foreach m,$(MAN),$(MANDIR)/man$(subst .,,$(suffix $m))/$(notdir $m))
install: $(OUT)/pneu
	$(SAY) INSTALL $(DESTDIR)$(PREFIX)
	$(Q)$(INSTALL) -D -m 755 $< $(DESTDIR)$(BINDIR)/pneu
	$(Q)for m in $(MAN); do $(INSTALL) -D -m 644 $$m \
		$(DESTDIR)$(MANDIR)/man$${m##*.}/$${m##*/} || exit; done
	$(Q)cd completions && \
	$(INSTALL) -D -m 644 pneu.bash $(DESTDIR)$(BASHCOMPDIR)/pneu && \
	$(INSTALL) -D -m 644 _pneu $(DESTDIR)$(ZSHCOMPDIR)/_pneu && \
	$(INSTALL) -D -m 644 pneu.fish $(DESTDIR)$(FISHCOMPDIR)/pneu.fish
# The system's sendmail: links below LINKPREFIX, where nothing else stands.
LINKS = $(addprefix $(DESTDIR)$(LINKPREFIX)/,sbin/sendmail lib/sendmail \
	bin/mailq bin/newaliases)
OURS = [ "$$(readlink $$l)" = '$(BINDIR)/pneu' ]
install-links:
	$(Q)for l in $(LINKS); do { [ ! -e $$l ] && [ ! -h $$l ]; } || $(OURS) || \
		{ echo "$$l belongs to another mail system" >&2; exit 1; }; done
	$(Q)for l in $(LINKS); do mkdir -p $${l%/*} && \
		ln -sfn '$(BINDIR)/pneu' $$l || exit; done
uninstall:
	$(Q)for l in $(LINKS); do ! $(OURS) || rm -f $$l || exit; done
	$(Q)rm -f $(addprefix $(DESTDIR),$(INSTALLED))
clean:
	$(Q)rm -rf $(BUILD)

.PHONY: all deps check demo programs tested unit house interop lint fuzz \
	fuzzed install install-links uninstall clean
.SECONDARY:

-include $(shell find $(OUT) -name '*.d' 2>/dev/null)
