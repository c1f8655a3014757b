using Shouldly;
using TunnelRpc.Calls.Tests.Lifetimes;
using TunnelRpc.Tests.Peers;

namespace TunnelRpc.Calls.Tests.Fuzz;

/// <summary>Starts calls of every shape in a fixed order, so that their stream ids are the same in every run.</summary>
internal static class EveryShape
{
    /// <param name="stubs">The contracts of the other side.</param>
    /// <param name="passed">
    /// Receives the streams that one-way calls pass: each is disposed once when the session has ended, whatever the peer sends. Null for
    /// none.
    /// </param>
    public static Task[] Start(FuzzStubs stubs, List<PassingPair.Counted>? passed = null)
    {
        (ITestService test, IReferenceService references, IPassing passing, IGuarded guarded) = stubs;
        passed ??= [];
        var payload = new Payload(7, "näme", 1.5, ["a", "b"], new Payload(8, "inner", double.NaN, []));
        return
        [
            test.EchoAsync(payload),
            test.AddAsync(20, 22).AsTask(),
            test.TouchAsync("touched"),
            test.NotifyAsync("one way").AsTask(),
            test.ReverseAsync(Enumerable.Range(0, 40_000).Select(i => (byte)(i * 7)).ToArray()),
            test.FailAsync("status"),
            test.FailAsync("detail"),
            DrainAsync(test.CountAsync(300)),
            DrainAsync(test.FailAfterAsync(5)),
            test.SumAsync(Numbers(200)),
            test.TakeFirstAsync(Numbers(100)),
            DrainAsync(test.ShoutAsync(Words(), "!")),
            test.NestAsync(3),
            test.SumBackAsync(50),
            test.With(timeout: TimeSpan.FromMinutes(5), headers: new TunnelHeaders { ["tenant"] = "acme" }).EchoAsync(payload),
            CancelAsync(test),
            references.HashAsync(new MemoryStream(new byte[5000])),
            ReadAsync(references),
            references.CallListenerAsync(new Listener("fuzz"), "text"),
            SubscribeAsync(references),

            // One-way calls that pass references, of which the callee takes none, one, and one before it fails.
            passing.UnknownAsync(PassingPair.Create(passed)),
            passing.FewerAsync(PassingPair.Create(passed)),
            passing.OtherTypeAsync(PassingPair.Create(passed)),
            passing.FewerCallAsync(PassingPair.CreateUncounted()),
            guarded.ReadAsync("guarded"),
            guarded.WriteAsync(PassingPair.CreateOne(passed)),
        ];
    }

    /// <summary>
    /// Waits until a call ends and returns whether it succeeded. Verifies that a failure is an expected exception type, whatever the peer
    /// sent.
    /// </summary>
    public static async Task<bool> EndAsync(Task call, string label)
    {
        try
        {
            await call.DefaultTimeout();
            return true;
        }
        catch (Exception error)
        {
            error.ShouldBeOfType(
                error is TunnelException or OperationCanceledException or IOException ? error.GetType() : typeof(TunnelException),
                $"{label}: {error}");
            error.Message.ShouldNotContain("unexpected error", Case.Sensitive, $"{label}: {error}");
            return false;
        }
    }

    private static async Task CancelAsync(ITestService test)
    {
        using var cancellation = new CancellationTokenSource();
        Task<string> call = test.BlockAsync("cancelled", cancellation.Token);
        await cancellation.CancelAsync();
        await call;
    }

    private static async Task SubscribeAsync(IReferenceService references)
    {
        ISubscription subscription = await references.SubscribeAsync(new Listener("subscriber"), "fuzz");
        await subscription.PublishAsync(3);
        subscription.Release();
    }

    private static async Task ReadAsync(IReferenceService references)
    {
        await using Stream stream = await references.OpenAsync(3000, "fuzz");
        if (!stream.CanRead)
        {
            // The peer may pass a stream to write, of which the application must know.
            throw new TunnelException(TunnelStatus.FailedPrecondition, "Expected a stream to read.");
        }

        await stream.CopyToAsync(Stream.Null);
    }

    private static async Task DrainAsync<T>(IAsyncEnumerable<T> items)
    {
        await foreach (T item in items)
        {
        }
    }

    private static async IAsyncEnumerable<int> Numbers(int count)
    {
        for (int i = 0; i < count; i++)
        {
            if (i % 50 == 0)
            {
                await Task.Yield();
            }

            yield return i;
        }
    }

    private static async IAsyncEnumerable<string> Words()
    {
        foreach (string word in (string[])["one", "two", "three"])
        {
            await Task.Yield();
            yield return word;
        }
    }
}
