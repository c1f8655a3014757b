using System.Runtime.CompilerServices;
using TunnelRpc.Simulation.Model;
using TunnelRpc.Simulation.Scheduling;

namespace TunnelRpc.Simulation.Workload;

/// <summary>
/// The handlers of one side. A handler finds its call in the model by the number that the call passes, does what the script says, and
/// reports to the model.
/// </summary>
internal sealed class SimServices(bool isServer, CallModel model, SimClock clock, SimCaller caller) : ISimService, ISimLedger
{
    // By session id: the ordered call that runs, and the sequence number of the ordered call that started last.
    private readonly Dictionary<string, (CallRecord? Running, int Last)> _orders = [];

    /// <summary>The stubs to call back on the session of the last call to the server; null before the first call.</summary>
    public SimStubs? Stubs { get; private set; }

    public Task<byte[]> AskAsync(int call, byte[] payload, CancellationToken cancellationToken) =>
        HandleAsync(call, payload, cancellationToken);

    public Task TellAsync(int call, byte[] payload, CancellationToken cancellationToken) =>
        HandleAsync(call, payload, cancellationToken);

    public async ValueTask NotifyAsync(int call, byte[] payload) => await HandleAsync(call, payload, default).ConfigureAwait(false);

    public Task<byte[]> LookUpAsync(int call, byte[] payload, CancellationToken cancellationToken) =>
        HandleAsync(call, payload, cancellationToken);

    public async IAsyncEnumerable<byte[]> DownloadAsync(int call, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        CallRecord record = Begin(call);
        try
        {
            CallScript script = record.Script;
            await WorkAsync(script, script.WorkTime, cancellationToken).ConfigureAwait(false);
            for (int i = 0; i < script.ItemsDown; i++)
            {
                await WorkAsync(script, script.ItemWorkTime, cancellationToken).ConfigureAwait(false);
                model.OnItem(record, isUp: false, script.ItemBytes);
                yield return Pattern.Make(call, PayloadIndex.Down + i, script.ItemBytes);
            }

            FailIfScripted(script);
        }
        finally
        {
            End(record);
        }
    }

    public async Task<int> UploadAsync(int call, IAsyncEnumerable<byte[]> items, CancellationToken cancellationToken)
    {
        CallRecord record = Begin(call);
        try
        {
            CallScript script = record.Script;
            await WorkAsync(script, script.WorkTime, cancellationToken).ConfigureAwait(false);
            int count = 0;
            await foreach (byte[] item in items.WithCancellation(cancellationToken).ConfigureAwait(false))
            {
                CheckUpload(record, item, count++);
                await WorkAsync(script, script.ItemWorkTime, cancellationToken).ConfigureAwait(false);
            }

            FailIfScripted(script);
            return count;
        }
        finally
        {
            End(record);
        }
    }

    public async IAsyncEnumerable<byte[]> ExchangeAsync(
        int call, IAsyncEnumerable<byte[]> items, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        CallRecord record = Begin(call);
        try
        {
            CallScript script = record.Script;
            await WorkAsync(script, script.WorkTime, cancellationToken).ConfigureAwait(false);
            int count = 0;
            await foreach (byte[] item in items.WithCancellation(cancellationToken).ConfigureAwait(false))
            {
                CheckUpload(record, item, count);
                model.OnItem(record, isUp: false, script.ItemBytes);
                yield return Pattern.Make(call, PayloadIndex.Down + count++, script.ItemBytes);
            }

            FailIfScripted(script);
        }
        finally
        {
            End(record);
        }
    }

    public async Task<int> NestAsync(int call, CancellationToken cancellationToken)
    {
        CallRecord record = Begin(call);
        try
        {
            CallScript script = record.Script;
            await WorkAsync(script, script.WorkTime, cancellationToken).ConfigureAwait(false);
            if (script.Depth > 0)
            {
                CallScript nested = script with
                {
                    Kind = script.Depth > 1 ? script.Kind : script.IsOrdered ? CallKind.Ordered : CallKind.Unary,
                    IsFromClient = !script.IsFromClient,
                    Depth = script.Depth - 1,
                    CancelAfter = null,
                    CancelsWithAnother = false,
                    Timeout = null,
                    Fails = false,
                };
                await caller
                    .RunAsync(model.Add(nested, record), StubsOfCaller(), script.HonorsCancellation ? cancellationToken : default)
                    .ConfigureAwait(false);
            }

            FailIfScripted(script);
            return script.Depth;
        }
        finally
        {
            End(record);
        }
    }

    public Task<byte[]> AppendAsync(int call, byte[] payload, CancellationToken cancellationToken) =>
        HandleAsync(call, payload, cancellationToken);

    public async ValueTask NoteAsync(int call, byte[] payload) => await HandleAsync(call, payload, default).ConfigureAwait(false);

    private static SimStubs StubsOfCaller()
    {
        TunnelCallContext context = TunnelCallContext.Current!;
        return new SimStubs(context.SessionId, context.GetCallback<ISimService>(), context.GetCallback<ISimLedger>());
    }

    private static void FailIfScripted(CallScript script)
    {
        if (script.Fails)
        {
            throw new TunnelException(TunnelStatus.FailedPrecondition, "The script of the call demands this failure.");
        }
    }

    private async Task<byte[]> HandleAsync(int call, byte[] payload, CancellationToken cancellationToken)
    {
        CallRecord record = Begin(call);
        try
        {
            CallScript script = record.Script;
            if (!Pattern.Matches(payload, call, PayloadIndex.Request, script.RequestBytes))
            {
                model.AddViolation($"{record} arrived with a payload that does not match its script.");
            }

            await WorkAsync(script, script.WorkTime, cancellationToken).ConfigureAwait(false);
            FailIfScripted(script);
            return Pattern.Make(call, PayloadIndex.Reply, script.ReplyBytes);
        }
        finally
        {
            End(record);
        }
    }

    private async Task WorkAsync(CallScript script, TimeSpan time, CancellationToken cancellationToken)
    {
        if (time > TimeSpan.Zero)
        {
            await clock.WaitAsync(time, script.HonorsCancellation ? cancellationToken : default).ConfigureAwait(false);
        }
    }

    private void CheckUpload(CallRecord record, byte[] item, int index)
    {
        model.OnItem(record, isUp: true, -item.Length);
        if (index >= record.Script.ItemsUp || !Pattern.Matches(item, record.Number, PayloadIndex.Up + index, record.Script.ItemBytes))
        {
            model.AddViolation($"{record}: item {index} of the upload does not match the item sent at that position.");
        }
    }

    private CallRecord Begin(int call)
    {
        CallRecord record = model.OnHandlerStarted(call);
        if (record.Script.IsFromClient != isServer)
        {
            model.AddViolation($"{record} runs on the wrong side.");
        }

        if (isServer)
        {
            Stubs = StubsOfCaller();
        }

        if (record.Script.IsOrdered && record.Parent is null)
        {
            BeginInOrder(record, TunnelCallContext.Current!.SessionId);
        }

        model.CheckSettled();
        return record;
    }

    private void BeginInOrder(CallRecord record, string session)
    {
        (CallRecord? running, int last) = _orders.GetValueOrDefault(session, (null, -1));
        if (running is not null)
        {
            model.AddViolation($"{record} runs at the same time as {running}. Ordered calls must run one at a time.");
        }

        if (record.Session == session)
        {
            if (record.Sequence < last)
            {
                model.AddViolation($"{record} runs after a call that was made later.");
            }

            last = record.Sequence;
        }

        _orders[session] = (record, last);
    }

    private void End(CallRecord record)
    {
        if (record.Script.IsOrdered && record.Parent is null)
        {
            string session = TunnelCallContext.Current!.SessionId;
            _orders[session] = (null, _orders[session].Last);
        }

        model.OnHandlerEnded(record);
    }
}
