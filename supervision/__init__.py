"""OTP's supervisors on Thespian: declarations, a pure core, and the actors that carry it out.

A tree is declared, not built::

    worker = ChildSpec("worker", "actors.language.worker_actor:LanguageWorker", config, shutdown_ms=1000)
    language = SupervisorSpec("language", intensity=40, pool=Pool(worker, size=2, minimum=1, maximum=8))
    root = SupervisorSpec("root", children=(ChildSpec("gateway", "actors...:Gateway", config), language))

and started by ``actors.system.boot.RunningSystem.start(folder, root)``. Full names are ``gateway``, ``language``,
``language/worker-0``. An actor is a ``ProcessActor`` with hooks; what they raise ends that incarnation only.
"""
