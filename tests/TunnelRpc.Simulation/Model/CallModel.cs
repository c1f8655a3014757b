using TunnelRpc.Simulation.Scheduling;
using TunnelRpc.Simulation.Workload;

namespace TunnelRpc.Simulation.Model;

/// <summary>
/// What must hold of every call: it runs exactly once where it succeeds, never where its caller is told so, at most once in any case;
/// it ends as it was meant to, or for a reason that there is. The worker's alone.
/// </summary>
internal sealed class CallModel(SimPlan plan, SimClock clock, Trace trace)
{
    private const int MaxViolations = 8;

    /// <summary>What a stream may have under way beside its window: the message that uses it up, the next one in the making, and an element on either side.</summary>
    private const int StreamSlack = 2 * ((16 << 10) + 40_000);

    private readonly List<CallRecord> _calls = [];
    private readonly List<string> _violations = [];
    private TaskCompletionSource? _settled;
    private int _sequence;

    public IReadOnlyList<CallRecord> Calls => _calls;

    public IReadOnlyList<string> Violations => _violations;

    /// <summary>Calls whose callers wait.</summary>
    public int OpenCalls { get; private set; }

    /// <summary>Calls that were lost with their session.</summary>
    public int LostCalls { get; private set; }

    /// <summary>Implementations that run.</summary>
    public int RunningHandlers { get; private set; }

    /// <summary>Whether the sides are being closed, which ends calls.</summary>
    public bool IsClosing { get; set; }

    public void AddViolation(string what)
    {
        trace.Add("VIOLATION: " + what);
        if (_violations.Count < MaxViolations)
        {
            _violations.Add($"at {clock.Elapsed.TotalSeconds:F6}: {what}");
        }
    }

    /// <summary>A call that is about to be made.</summary>
    public CallRecord Add(CallScript script, CallRecord? parent = null)
    {
        var record = new CallRecord(_calls.Count, script, parent);
        _calls.Add(record);
        OpenCalls++;
        return record;
    }

    public void OnStarted(CallRecord call, string? session)
    {
        call.StartedAt = clock.Elapsed;
        call.Session = session;
        call.Sequence = _sequence++;
        trace.Add("call", call.Number, (long)call.Script.Kind, call.Script.IsFromClient ? 1 : 0);
    }

    /// <summary>The call was not made after all.</summary>
    public void OnSkipped(CallRecord call)
    {
        call.WasNotSent = true;
        OnEnded(call);
    }

    /// <summary>The implementation was called.</summary>
    public CallRecord OnHandlerStarted(int number)
    {
        CallRecord call = _calls[number];
        call.RunCount++;
        RunningHandlers++;
        trace.Add("run", number, call.RunCount);
        if (call.WasNotSent)
        {
            AddViolation($"{call} runs although its caller was told that it was not sent.");
        }

        if (call.RunCount > 1 && !call.Script.IsIdempotent)
        {
            AddViolation($"{call} runs twice.");
        }

        return call;
    }

    public void OnHandlerEnded(CallRecord call)
    {
        RunningHandlers--;
        call.HandlerEndedAt = clock.Elapsed;
        trace.Add("run over", call.Number);
    }

    /// <summary>An element was made, or taken.</summary>
    public void OnItem(CallRecord call, bool isUp, int bytes)
    {
        long underWay = isUp ? call.BytesInFlightUp += bytes : call.BytesInFlightDown += bytes;
        if (underWay > plan.StreamWindow + StreamSlack)
        {
            AddViolation($"{call} has {underWay} bytes of elements under way in one stream, with a StreamWindow of {plan.StreamWindow}.");
        }
    }

    /// <summary>The caller has its answer, and has checked it.</summary>
    public void OnSuccess(CallRecord call)
    {
        call.Succeeded = true;
        trace.Add("success", call.Number);
        if (call.Script.Fails && !call.Script.IsOneWay && call.Script.StopsAfterItems == 0)
        {
            AddViolation($"{call} succeeded, and was to fail.");
        }

        if (call.RunCount == 0 && !call.Script.IsOneWay)
        {
            AddViolation($"{call} succeeded and never ran.");
        }

        OnEnded(call);
    }

    /// <summary>The caller was told of a failure.</summary>
    public void OnFailure(CallRecord call, Exception error)
    {
        trace.Add("failure " + error.GetType().Name, call.Number, error is TunnelException { Status: var status } ? (long)status : -1);
        if (!IsClosing)
        {
            CheckFailure(call, error);
        }

        OnEnded(call);
    }

    /// <summary>Completes when no caller waits, and what was sent one way has run where nothing may be lost.</summary>
    public Task WhenSettledAsync()
    {
        _settled ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        CheckSettled();
        return _settled.Task;
    }

    /// <summary>Looks again: something has run.</summary>
    public void CheckSettled()
    {
        if (OpenCalls == 0 && UnfinishedCalls.FirstOrDefault() is null)
        {
            _settled?.TrySetResult();
        }
    }

    /// <summary>Calls that are not over, and one-way calls that still have to run.</summary>
    public IEnumerable<CallRecord> UnfinishedCalls => _calls.Where(c => !c.HasEnded || MustStillRun(c));

    private static string Explain(Exception error) => error.InnerException is { } cause ? $"{error.Message} ← {Explain(cause)}" : $"{error.Message} {error.StackTrace}";

    private bool MustStillRun(CallRecord call) => call.Script.IsOneWay && call.Succeeded && call.RunCount == 0 && !plan.MayLoseSessions && !call.HasTimeout && !call.MayBeCancelled && !HadAbandonedWork(call);

    private void CheckFailure(CallRecord call, Exception error)
    {
        if (error is OperationCanceledException)
        {
            if (!call.MayBeCancelled)
            {
                AddViolation($"{call} was cancelled by nobody: {Explain(error)}");
            }

            return;
        }

        if (error is not TunnelException failure)
        {
            AddViolation($"{call} failed with what is no TunnelException: {Explain(error)}");
            return;
        }

        bool wasNotSent = Outcomes.IsNotSent(failure);
        call.WasNotSent = wasNotSent;
        if (wasNotSent && call.RunCount > 0)
        {
            AddViolation($"{call} ran, and its caller was told that it was not sent: {failure.Message}");
        }

        switch (failure.Status)
        {
            case TunnelStatus.FailedPrecondition when call.Script.Fails && call.RunCount > 0:
            case TunnelStatus.DeadlineExceeded when call.HasTimeout:
            case TunnelStatus.Cancelled when call.MayBeCancelled || call.HasTimeout:
            case TunnelStatus.Aborted when call.Script.IsOrdered && call.RunCount == 0:
                break;
            case TunnelStatus.ResourceExhausted when call.RunCount == 0 && HadAbandonedWork(call):
                break;
            case TunnelStatus.Unavailable when plan.MayLoseSessions:
                LostCalls++;
                break;
            default:
                AddViolation($"{call} failed for no reason that there is: {failure.Status}: {Explain(failure)}");
                break;
        }

        if (failure.Status == TunnelStatus.DeadlineExceeded && call.Script.Timeout is { } deadline && call.Parent is null && clock.Elapsed - call.StartedAt < deadline)
        {
            AddViolation($"{call} failed by its deadline of {deadline} after {clock.Elapsed - call.StartedAt}.");
        }
    }

    /// <summary>
    /// Whether there has been more work since the call was made, for callers who gave up, than the callee forgives. A call that waits for its turn
    /// counts, too, until it has left.
    /// </summary>
    private bool HadAbandonedWork(CallRecord call) => _calls.Count(c =>
        c.Script.IsFromClient == call.Script.IsFromClient && c.HasEnded && !c.Succeeded && !((c.RunCount > 0 ? c.HandlerEndedAt : c.EndedAt) < call.StartedAt)) > plan.MaxConcurrentCalls;

    private void OnEnded(CallRecord call)
    {
        call.HasEnded = true;
        call.EndedAt = clock.Elapsed;
        call.Cancel = null;
        OpenCalls--;
        foreach (CallRecord other in _calls.Where(c => c.Cancel is not null && c.Script.CancelsWithAnother && c.Script.IsFromClient == call.Script.IsFromClient).ToArray())
        {
            // At the very moment at which the other one's room is free.
            other.Cancel?.Invoke();
        }

        CheckSettled();
    }
}
