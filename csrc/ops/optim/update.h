// The update of a parameter by each native optimizer. For optim_kernel.cpp only.
#pragma once

#include "ops/optim/rules/adadelta.h"
#include "ops/optim/rules/adagrad.h"
#include "ops/optim/rules/adam.h"
#include "ops/optim/rules/adamax.h"
#include "ops/optim/rules/asgd.h"
#include "ops/optim/rules/lamb.h"
#include "ops/optim/rules/lion.h"
#include "ops/optim/rules/nadam.h"
#include "ops/optim/rules/radam.h"
#include "ops/optim/rules/rmsprop.h"
#include "ops/optim/rules/rprop.h"
#include "ops/optim/rules/sgd.h"
