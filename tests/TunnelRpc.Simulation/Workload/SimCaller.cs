using System.Runtime.CompilerServices;
using TunnelRpc.Simulation.Model;
using TunnelRpc.Simulation.Scheduling;

namespace TunnelRpc.Simulation.Workload;

/// <summary>Makes calls as their scripts say, checks what comes back, and tells the model.</summary>
internal sealed class SimCaller(CallModel model, SimClock clock)
{
    /// <summary>Completes without an exception, however the call ends.</summary>
    public async Task RunAsync(CallRecord record, SimStubs stubs, CancellationToken outer)
    {
        using var giveUp = CancellationTokenSource.CreateLinkedTokenSource(outer);
        if (record.Script.CancelAfter is { } patience)
        {
            clock.After(patience, () => GiveUp(record, giveUp));
        }

        model.OnStarted(record, stubs.Session);
        try
        {
            await InvokeAsync(record, stubs, giveUp.Token).ConfigureAwait(false);
        }
        catch (Exception error)
        {
            model.OnFailure(record, error);
            return;
        }

        model.OnSuccess(record);
    }

    private static void GiveUp(CallRecord record, CancellationTokenSource giveUp)
    {
        if (!record.IsOver)
        {
            record.IsCancelled = true;
            giveUp.Cancel();
        }
    }

    private async Task InvokeAsync(CallRecord record, SimStubs stubs, CancellationToken token)
    {
        CallScript script = record.Script;
        ISimService service = stubs.Service;
        ISimLedger ledger = stubs.Ledger;
        if (script.Deadline is not null || script.Priority is not null)
        {
            service = service.With(deadline: script.Deadline, priority: script.Priority);
            ledger = ledger.With(deadline: script.Deadline, priority: script.Priority);
        }

        int call = record.Number;
        switch (script.Kind)
        {
            case CallKind.Ask:
                CheckAnswer(record, await service.AskAsync(call, Request(record), token).ConfigureAwait(false));
                break;
            case CallKind.Tell:
                await service.TellAsync(call, Request(record), token).ConfigureAwait(false);
                break;
            case CallKind.Notify:
                await service.NotifyAsync(call, Request(record)).ConfigureAwait(false);
                break;
            case CallKind.LookUp:
                CheckAnswer(record, await service.LookUpAsync(call, Request(record), token).ConfigureAwait(false));
                break;
            case CallKind.Download:
                await CheckDownAsync(record, service.DownloadAsync(call, token), script.ItemsDown, script.ItemWork).ConfigureAwait(false);
                break;
            case CallKind.Upload:
                CheckCount(record, await service.UploadAsync(call, ItemsAsync(record, token), token).ConfigureAwait(false), script.ItemsUp);
                break;
            case CallKind.Exchange:
                await CheckDownAsync(record, service.ExchangeAsync(call, ItemsAsync(record, token), token), script.ItemsUp, TimeSpan.Zero).ConfigureAwait(false);
                break;
            case CallKind.Nest:
                CheckCount(record, await service.NestAsync(call, token).ConfigureAwait(false), script.Depth);
                break;
            case CallKind.Append:
                CheckAnswer(record, await ledger.AppendAsync(call, Request(record), token).ConfigureAwait(false));
                break;
            case CallKind.Note:
                await ledger.NoteAsync(call, Request(record)).ConfigureAwait(false);
                break;
            case CallKind.NestInOrder:
                CheckCount(record, await ledger.NestAsync(call, token).ConfigureAwait(false), script.Depth);
                break;
        }
    }

    private static byte[] Request(CallRecord record) => Pattern.Make(record.Number, PayloadIndex.Request, record.Script.RequestBytes);

    private void CheckAnswer(CallRecord record, byte[] answer)
    {
        if (!Pattern.IsRight(answer, record.Number, PayloadIndex.Answer, record.Script.AnswerBytes))
        {
            model.Violate($"{record} was answered with what is not its answer.");
        }
    }

    private void CheckCount(CallRecord record, int got, int expected)
    {
        if (got != expected)
        {
            model.Violate($"{record}: expected the answer {expected}, got {got}.");
        }
    }

    private async Task CheckDownAsync(CallRecord record, IAsyncEnumerable<byte[]> items, int expected, TimeSpan itemWork)
    {
        int count = 0;
        await foreach (byte[] item in items.ConfigureAwait(false))
        {
            if (count >= expected || !Pattern.IsRight(item, record.Number, PayloadIndex.Down + count, record.Script.ItemBytes))
            {
                model.Violate($"{record}: element {count} of the stream down is not what was sent in that place.");
            }

            count++;
            if (count == record.Script.LeavesAfter)
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
            if (script.ItemWork > TimeSpan.Zero)
            {
                await clock.WaitAsync(script.ItemWork, token).ConfigureAwait(false);
            }

            yield return Pattern.Make(record.Number, PayloadIndex.Up + i, script.ItemBytes);
        }
    }
}
