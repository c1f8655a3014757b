using TunnelRpc.Simulation.Scheduling;
using TunnelRpc.Simulation.Workload;

namespace TunnelRpc.Simulation.Model;

/// <summary>
/// Checks the guarantees of every call. A call that succeeds runs exactly once. A call with the outcome NotSent never runs. No other call
/// runs twice, except idempotent ones. A call ends as its script says, or fails for a cause that exists. Used only on the run's single
/// worker thread.
/// </summary>
internal sealed class CallModel(SimPlan plan, SimClock clock, Trace trace)
{
    private const int MaxViolations = 8;

    /// <summary>
    /// The bytes of a stream that may be in flight beyond its window: the message that uses up the credit, the next message that is being
    /// composed, and an item on each side.
    /// </summary>
    private const int StreamSlack = 2 * ((16 << 10) + 40_000);

    private readonly List<CallRecord> _calls = [];
    private readonly List<string> _violations = [];
    private TaskCompletionSource? _settled;
    private int _sequence;

    public IReadOnlyList<CallRecord> Calls => _calls;

    public IReadOnlyList<string> Violations => _violations;

    /// <summary>The number of calls that have not ended.</summary>
    public int OpenCalls { get; private set; }

    /// <summary>The number of calls that failed because their session ended.</summary>
    public int LostCalls { get; private set; }

    /// <summary>The number of running handlers.</summary>
    public int RunningHandlers { get; private set; }

    /// <summary>Whether client and server are closing, which ends calls.</summary>
    public bool IsClosing { get; set; }

    public void AddViolation(string text)
    {
        trace.Add("VIOLATION: " + text);
        if (_violations.Count < MaxViolations)
        {
            _violations.Add($"at {clock.Elapsed.TotalSeconds:F6}: {text}");
        }
    }

    /// <summary>Adds a call that is about to be made.</summary>
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

    /// <summary>The call is never made.</summary>
    public void OnSkipped(CallRecord call)
    {
        call.WasNotSent = true;
        OnEnded(call);
    }

    /// <summary>The call's handler has started.</summary>
    public CallRecord OnHandlerStarted(int number)
    {
        CallRecord call = _calls[number];
        call.RunCount++;
        RunningHandlers++;
        trace.Add("run", number, call.RunCount);
        if (call.WasNotSent)
        {
            AddViolation($"{call} runs, but its caller got the outcome NotSent.");
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
        trace.Add("run ended", call.Number);
    }

    /// <summary>An item was produced (positive <paramref name="bytes"/>) or consumed (negative).</summary>
    public void OnItem(CallRecord call, bool isUp, int bytes)
    {
        long inFlight = isUp ? call.BytesInFlightUp += bytes : call.BytesInFlightDown += bytes;
        if (inFlight > plan.MaxStreamWindow + StreamSlack)
        {
            AddViolation(
                $"{call} has {inFlight} bytes of items in flight in one stream, with a MaxStreamWindow of {plan.MaxStreamWindow}.");
        }
    }

    /// <summary>The caller has received and checked the reply.</summary>
    public void OnSuccess(CallRecord call)
    {
        call.Succeeded = true;
        trace.Add("success", call.Number);
        if (call.Script.Fails && !call.Script.IsOneWay && call.Script.StopsAfterItems == 0)
        {
            AddViolation($"{call} succeeded. It should have failed.");
        }

        if (call.RunCount == 0 && !call.Script.IsOneWay)
        {
            AddViolation($"{call} succeeded but never ran.");
        }

        OnEnded(call);
    }

    /// <summary>The call has failed for its caller.</summary>
    public void OnFailure(CallRecord call, Exception error)
    {
        trace.Add("failure " + error.GetType().Name, call.Number, error is TunnelException { Status: var status } ? (long)status : -1);
        if (!IsClosing)
        {
            CheckFailure(call, error);
        }

        OnEnded(call);
    }

    /// <summary>Completes when all calls have ended and all one-way calls that must run have run.</summary>
    public Task WhenSettledAsync()
    {
        _settled ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        CheckSettled();
        return _settled.Task;
    }

    /// <summary>Completes the task of <see cref="WhenSettledAsync"/> if its condition holds now.</summary>
    public void CheckSettled()
    {
        if (OpenCalls == 0 && UnfinishedCalls.FirstOrDefault() is null)
        {
            _settled?.TrySetResult();
        }
    }

    /// <summary>Calls that have not ended, and one-way calls that must still run.</summary>
    public IEnumerable<CallRecord> UnfinishedCalls => _calls.Where(c => !c.HasEnded || MustStillRun(c));

    private static string Explain(Exception error) =>
        error.InnerException is { } cause ? $"{error.Message} ← {Explain(cause)}" : $"{error.Message} {error.StackTrace}";

    private bool MustStillRun(CallRecord call) =>
        call.Script.IsOneWay && call.Succeeded && call.RunCount == 0
        && !plan.MayLoseSessions && !call.HasTimeout && !call.MayBeCancelled && !HadAbandonedWork(call);

    private void CheckFailure(CallRecord call, Exception error)
    {
        if (error is OperationCanceledException)
        {
            if (!call.MayBeCancelled)
            {
                AddViolation($"{call} was cancelled, but no caller cancelled it: {Explain(error)}");
            }

            return;
        }

        if (error is not TunnelException failure)
        {
            AddViolation($"{call} failed with an exception that is not a TunnelException: {Explain(error)}");
            return;
        }

        bool wasNotSent = Outcomes.IsNotSent(failure);
        call.WasNotSent = wasNotSent;
        if (wasNotSent && call.RunCount > 0)
        {
            AddViolation($"{call} ran, but its caller got the outcome NotSent: {failure.Message}");
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
                AddViolation($"{call} failed without a cause: {failure.Status}: {Explain(failure)}");
                break;
        }

        if (failure.Status == TunnelStatus.DeadlineExceeded
            && call.Script.Timeout is { } timeout
            && call.Parent is null
            && clock.Elapsed - call.StartedAt < timeout)
        {
            AddViolation($"{call} has a timeout of {timeout} and failed with DeadlineExceeded after {clock.Elapsed - call.StartedAt}.");
        }
    }

    /// <summary>
    /// Whether more calls than the callee's allowance for abandoned work, MaxConcurrentCalls, had failed for their callers and still used
    /// capacity of the callee after this call started. A call that never ran counts until it ended for its caller.
    /// </summary>
    private bool HadAbandonedWork(CallRecord call) => _calls.Count(c =>
        c.Script.IsFromClient == call.Script.IsFromClient
        && c.HasEnded && !c.Succeeded
        && !((c.RunCount > 0 ? c.HandlerEndedAt : c.EndedAt) < call.StartedAt)) > plan.MaxConcurrentCalls;

    private void OnEnded(CallRecord call)
    {
        call.HasEnded = true;
        call.EndedAt = clock.Elapsed;
        call.Cancel = null;
        OpenCalls--;
        CallRecord[] cancelled =
        [
            .. _calls.Where(c =>
                c.Cancel is not null && c.Script.CancelsWithAnother && c.Script.IsFromClient == call.Script.IsFromClient),
        ];
        foreach (CallRecord other in cancelled)
        {
            // Cancel at the very moment at which the ended call releases its permit.
            other.Cancel?.Invoke();
        }

        CheckSettled();
    }
}
