using TunnelRpc.Simulation.Scheduling;
using TunnelRpc.Simulation.Workload;

namespace TunnelRpc.Simulation.Model;

/// <summary>
/// What must hold of every call: it runs exactly once where it succeeds, never where its caller is told so, at most once in any case;
/// it ends as it was meant to, or for a reason that there is. The worker's alone.
/// </summary>
internal sealed class CallModel(SimPlan plan, SimClock clock, Trace trace)
{
    private const int MostViolations = 8;

    /// <summary>What a stream may have under way beside its window: the message that uses it up, the next one in the making, and an element on either side.</summary>
    private const int StreamSlack = 2 * ((16 << 10) + 40_000);

    private readonly List<CallRecord> _calls = [];
    private readonly List<string> _violations = [];
    private TaskCompletionSource? _settled;
    private int _turns;

    public IReadOnlyList<CallRecord> Calls => _calls;

    public IReadOnlyList<string> Violations => _violations;

    /// <summary>Calls whose callers wait.</summary>
    public int Open { get; private set; }

    /// <summary>Calls that were lost with their session.</summary>
    public int Lost { get; private set; }

    /// <summary>Implementations that run.</summary>
    public int Running { get; private set; }

    /// <summary>Whether the sides are being closed, which ends calls.</summary>
    public bool IsClosing { get; set; }

    public void Violate(string what)
    {
        trace.Add("VIOLATION: " + what);
        if (_violations.Count < MostViolations)
        {
            _violations.Add($"at {clock.Elapsed.TotalSeconds:F6}: {what}");
        }
    }

    /// <summary>A call that is about to be made.</summary>
    public CallRecord Add(CallScript script, CallRecord? parent = null)
    {
        var record = new CallRecord(_calls.Count, script, parent);
        _calls.Add(record);
        Open++;
        return record;
    }

    public void OnStarted(CallRecord call, string? session)
    {
        call.Started = clock.Elapsed;
        call.Session = session;
        call.Turn = _turns++;
        trace.Add("call", call.Number, (long)call.Script.Kind, call.Script.IsUp ? 1 : 0);
    }

    /// <summary>The call was not made after all.</summary>
    public void OnSkipped(CallRecord call)
    {
        call.WasNotSent = true;
        OnOver(call);
    }

    /// <summary>The implementation was called.</summary>
    public CallRecord OnRun(int number)
    {
        CallRecord call = _calls[number];
        call.Runs++;
        Running++;
        trace.Add("run", number, call.Runs);
        if (call.WasNotSent)
        {
            Violate($"{call} runs although its caller was told that it was not sent.");
        }

        if (call.Runs > 1 && !call.Script.IsIdempotent)
        {
            Violate($"{call} runs twice.");
        }

        return call;
    }

    public void OnRunOver(CallRecord call)
    {
        Running--;
        call.RunOver = clock.Elapsed;
        trace.Add("run over", call.Number);
    }

    /// <summary>An element was made, or taken.</summary>
    public void OnItem(CallRecord call, bool isUp, int bytes)
    {
        long underWay = isUp ? call.UnderWayUp += bytes : call.UnderWayDown += bytes;
        if (underWay > plan.StreamWindow + StreamSlack)
        {
            Violate($"{call} has {underWay} bytes of elements under way in one stream, with a StreamWindow of {plan.StreamWindow}.");
        }
    }

    /// <summary>The caller has its answer, and has checked it.</summary>
    public void OnSuccess(CallRecord call)
    {
        call.Succeeded = true;
        trace.Add("success", call.Number);
        if (call.Script.Fails && !call.Script.IsOneWay && call.Script.LeavesAfter == 0)
        {
            Violate($"{call} succeeded, and was to fail.");
        }

        if (call.Runs == 0 && !call.Script.IsOneWay)
        {
            Violate($"{call} succeeded and never ran.");
        }

        OnOver(call);
    }

    /// <summary>The caller was told of a failure.</summary>
    public void OnFailure(CallRecord call, Exception error)
    {
        trace.Add("failure " + error.GetType().Name, call.Number, error is TunnelException { Status: var status } ? (long)status : -1);
        if (!IsClosing)
        {
            Judge(call, error);
        }

        OnOver(call);
    }

    /// <summary>Completes when no caller waits, and what was sent one way has run where nothing may be lost.</summary>
    public Task WhenSettledAsync()
    {
        _settled ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        LookWhetherSettled();
        return _settled.Task;
    }

    /// <summary>Looks again: something has run.</summary>
    public void LookWhetherSettled()
    {
        if (Open == 0 && Unfinished.FirstOrDefault() is null)
        {
            _settled?.TrySetResult();
        }
    }

    /// <summary>Calls that are not over, and one-way calls that still have to run.</summary>
    public IEnumerable<CallRecord> Unfinished => _calls.Where(c => !c.IsOver || IsAwaited(c));

    private static string Explain(Exception error) => error.InnerException is { } cause ? $"{error.Message} ← {Explain(cause)}" : $"{error.Message} {error.StackTrace}";

    private bool IsAwaited(CallRecord call) => call.Script.IsOneWay && call.Succeeded && call.Runs == 0 && !plan.LosesSessions && !call.HasDeadline && !call.MayBeCancelled && !HadAbandonedWork(call);

    private void Judge(CallRecord call, Exception error)
    {
        if (error is OperationCanceledException)
        {
            if (!call.MayBeCancelled)
            {
                Violate($"{call} was cancelled by nobody: {Explain(error)}");
            }

            return;
        }

        if (error is not TunnelException failure)
        {
            Violate($"{call} failed with what is no TunnelException: {Explain(error)}");
            return;
        }

        bool wasNotSent = Outcomes.IsNotSent(failure);
        call.WasNotSent = wasNotSent;
        if (wasNotSent && call.Runs > 0)
        {
            Violate($"{call} ran, and its caller was told that it was not sent: {failure.Message}");
        }

        switch (failure.Status)
        {
            case TunnelStatus.FailedPrecondition when call.Script.Fails && call.Runs > 0:
            case TunnelStatus.DeadlineExceeded when call.HasDeadline:
            case TunnelStatus.Cancelled when call.MayBeCancelled || call.HasDeadline:
            case TunnelStatus.Aborted when call.Script.IsOrdered && call.Runs == 0:
                break;
            case TunnelStatus.ResourceExhausted when call.Runs == 0 && HadAbandonedWork(call):
                break;
            case TunnelStatus.Unavailable when plan.LosesSessions:
                Lost++;
                break;
            default:
                Violate($"{call} failed for no reason that there is: {failure.Status}: {Explain(failure)}");
                break;
        }

        if (failure.Status == TunnelStatus.DeadlineExceeded && call.Script.Deadline is { } deadline && call.Parent is null && clock.Elapsed - call.Started < deadline)
        {
            Violate($"{call} failed by its deadline of {deadline} after {clock.Elapsed - call.Started}.");
        }
    }

    /// <summary>
    /// Whether there has been more work since the call was made, for callers who gave up, than the callee forgives. A call that waits for its turn
    /// counts, too, until it has left.
    /// </summary>
    private bool HadAbandonedWork(CallRecord call) => _calls.Count(c =>
        c.Script.IsUp == call.Script.IsUp && c.IsOver && !c.Succeeded && !((c.Runs > 0 ? c.RunOver : c.Ended) < call.Started)) > plan.MaxConcurrentCalls;

    private void OnOver(CallRecord call)
    {
        call.IsOver = true;
        call.Ended = clock.Elapsed;
        call.GiveUp = null;
        Open--;
        foreach (CallRecord other in _calls.Where(c => c.GiveUp is not null && c.Script.GivesUpWithAnother && c.Script.IsUp == call.Script.IsUp).ToArray())
        {
            // At the very moment at which the other one's room is free.
            other.GiveUp?.Invoke();
        }

        LookWhetherSettled();
    }
}
