using Shouldly;
using TunnelRpc.Testing.Hosting;
using Xunit;

namespace TunnelRpc.Calls.Tests.Crowded;

/// <summary>A result that can be encoded only once. A reply that has to wait is encoded again.</summary>
public sealed class Fragile
{
    private readonly byte[] _bytes = new byte[200_000];
    private int _reads;

    /// <summary>Fails from the second reading on, as a getter of an application may.</summary>
    public byte[] Bytes
    {
        get => Interlocked.Increment(ref _reads) == 1 ? _bytes : throw new InvalidOperationException("It was read before.");
        set => _ = value;
    }
}

[TunnelService]
public partial interface IFragile
{
    Task<Fragile> GetAsync();

    Task<byte[]> GetBytesAsync();
}

public sealed class UnreadableReplyTests
{
    [Fact]
    public async Task Waiting_reply_that_cannot_be_encoded_again_fails_alone_and_leaves_no_capacity_in_use()
    {
        var service = new Service();
        await using TunnelTestHost host = await TunnelTestHost.StartAsync<IFragile>(service, o => o.ConfigureServer = server =>
        {
            // One reply alone uses up the quarter for replies that wait, and takes many acknowledgements.
            server.Limits.MaxPendingCallBytes = 100_000;
            server.Limits.MaxUnacknowledgedBytes = 4096;
        });
        IFragile stub = host.Client.Get<IFragile>();

        Task<Fragile>[] calls = [.. Enumerable.Range(0, 20).Select(_ => stub.GetAsync())];
        service.Gate.SetResult();
        await Task.WhenAll(calls).WaitAsync(TimeSpan.FromSeconds(120)).ContinueWith(_ => { }, TaskScheduler.Default);

        Task<Fragile>[] failed = [.. calls.Where(call => call.IsFaulted)];
        failed.Length.ShouldBeInRange(1, 19);
        failed.ShouldAllBe(call => ((TunnelException)call.Exception!.InnerException!).Status == TunnelStatus.Internal);
        byte[][] later = await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => stub.GetBytesAsync())).WaitAsync(TimeSpan.FromSeconds(120));
        later.ShouldAllBe(bytes => bytes.Length == 200_000);
    }

    private sealed class Service : IFragile
    {
        public TaskCompletionSource Gate { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public async Task<Fragile> GetAsync()
        {
            await Gate.Task;
            return new Fragile();
        }

        public Task<byte[]> GetBytesAsync() => Task.FromResult(new byte[200_000]);
    }
}
