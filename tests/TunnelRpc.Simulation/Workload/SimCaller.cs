using System.Runtime.CompilerServices;
using TunnelRpc.Simulation.Model;
using TunnelRpc.Simulation.Scheduling;

namespace TunnelRpc.Simulation.Workload;

/// <summary>Makes calls as their scripts say, checks the replies, and reports to the model.</summary>
internal sealed class SimCaller(CallModel model, SimClock clock)
{
    /// <summary>Makes the call. Completes without an exception, however the call ends.</summary>
    public async Task RunAsync(CallRecord record, SimStubs stubs, CancellationToken cancellationToken)
    {
        using var cancellation = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        if (record.Script.CancelAfter is { } delay)
        {
            clock.Schedule(delay, () => record.Cancel?.Invoke());
        }

        record.Cancel = () =>
        {
            record.Cancel = null;
            record.IsCancelled = true;
            cancellation.Cancel();
        };
        model.OnStarted(record, stubs.Session);
        try
        {
            await InvokeAsync(record, stubs, cancellation.Token).ConfigureAwait(false);
        }
        catch (Exception error)
        {
            model.OnFailure(record, error);
            return;
        }

        model.OnSuccess(record);
    }

    private async Task InvokeAsync(CallRecord record, SimStubs stubs, CancellationToken token)
    {
        CallScript script = record.Script;
        ISimService service = stubs.Service;
        ISimLedger ledger = stubs.Ledger;
        if (script.Timeout is not null || script.Priority is not null)
        {
            service = service.With(timeout: script.Timeout, priority: script.Priority);
            ledger = ledger.With(timeout: script.Timeout, priority: script.Priority);
        }

        int call = record.Number;
        switch (script.Kind)
        {
            case CallKind.Unary:
                CheckReply(record, await service.AskAsync(call, Request(record), token).ConfigureAwait(false));
                break;
            case CallKind.UnaryVoid:
                await service.TellAsync(call, Request(record), token).ConfigureAwait(false);
                break;
            case CallKind.OneWay:
                await service.NotifyAsync(call, Request(record)).ConfigureAwait(false);
                break;
            case CallKind.Idempotent:
                CheckReply(record, await service.LookUpAsync(call, Request(record), token).ConfigureAwait(false));
                break;
            case CallKind.ServerStreaming:
                await CheckDownloadAsync(record, service.DownloadAsync(call, token), script.ItemsDown, script.ItemWorkTime)
                    .ConfigureAwait(false);
                break;
            case CallKind.ClientStreaming:
                CheckCount(record, await service.UploadAsync(call, ItemsAsync(record, token), token).ConfigureAwait(false), script.ItemsUp);
                break;
            case CallKind.Duplex:
                await CheckDownloadAsync(
                    record, service.ExchangeAsync(call, ItemsAsync(record, token), token), script.ItemsUp, TimeSpan.Zero)
                    .ConfigureAwait(false);
                break;
            case CallKind.Nested:
                CheckCount(record, await service.NestAsync(call, token).ConfigureAwait(false), script.Depth);
                break;
            case CallKind.Ordered:
                CheckReply(record, await ledger.AppendAsync(call, Request(record), token).ConfigureAwait(false));
                break;
            case CallKind.OrderedOneWay:
                await ledger.NoteAsync(call, Request(record)).ConfigureAwait(false);
                break;
            case CallKind.OrderedNested:
                CheckCount(record, await ledger.NestAsync(call, token).ConfigureAwait(false), script.Depth);
                break;
        }
    }

    private static byte[] Request(CallRecord record) => Pattern.Make(record.Number, PayloadIndex.Request, record.Script.RequestBytes);

    private void CheckReply(CallRecord record, byte[] reply)
    {
        if (!Pattern.Matches(reply, record.Number, PayloadIndex.Reply, record.Script.ReplyBytes))
        {
            model.AddViolation($"{record} received a reply that does not match its script.");
        }
    }

    private void CheckCount(CallRecord record, int actual, int expected)
    {
        if (actual != expected)
        {
            model.AddViolation($"{record}: expected the count {expected}, got {actual}.");
        }
    }

    private async Task CheckDownloadAsync(CallRecord record, IAsyncEnumerable<byte[]> items, int expected, TimeSpan itemWork)
    {
        int count = 0;
        await foreach (byte[] item in items.ConfigureAwait(false))
        {
            if (count >= expected || !Pattern.Matches(item, record.Number, PayloadIndex.Down + count, record.Script.ItemBytes))
            {
                model.AddViolation($"{record}: item {count} of the download does not match the item sent at that position.");
            }

            model.OnItem(record, isUp: false, -item.Length);
            count++;
            if (count == record.Script.StopsAfterItems)
            {
                return;
            }

            if (itemWork > TimeSpan.Zero)
            {
                await clock.WaitAsync(itemWork).ConfigureAwait(false);
            }
        }

        CheckCount(record, count, expected);
    }

    private async IAsyncEnumerable<byte[]> ItemsAsync(CallRecord record, [EnumeratorCancellation] CancellationToken token)
    {
        CallScript script = record.Script;
        for (int i = 0; i < script.ItemsUp; i++)
        {
            if (script.ItemWorkTime > TimeSpan.Zero)
            {
                await clock.WaitAsync(script.ItemWorkTime, token).ConfigureAwait(false);
            }

            model.OnItem(record, isUp: true, script.ItemBytes);
            yield return Pattern.Make(record.Number, PayloadIndex.Up + i, script.ItemBytes);
        }
    }
}
