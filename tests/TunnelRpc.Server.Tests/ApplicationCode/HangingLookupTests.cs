using Shouldly;
using TunnelRpc.Client;
using TunnelRpc.Server.Tests.Expiry;
using TunnelRpc.Tests.Peers;
using Xunit;

namespace TunnelRpc.Server.Tests.ApplicationCode;

/// <summary>A client whose AccessTokenProvider or AddressResolver throws, or never returns and ignores its token.</summary>
public sealed class HangingLookupTests
{
    private static readonly TimeSpan Lifetime = TimeSpan.FromHours(1);

    [Theory]
    [InlineData(nameof(TunnelClientOptions.AccessTokenProvider))]
    [InlineData(nameof(TunnelClientOptions.AddressResolver))]
    public async Task Lookup_that_hangs_fails_its_attempt_after_ConnectTimeout_and_the_next_attempt_asks_again(string option)
    {
        await using TokenApp app = await TokenApp.StartAsync(new Clock());
        int asked = 0;
        var never = new TaskCompletionSource<string?>();
        var nowhere = new TaskCompletionSource<IReadOnlyList<Uri>>();
        var options = new TunnelClientOptions
        {
            Address = app.Address(),
            TimeProvider = app.Time,
            KeepAliveInterval = TimeSpan.FromHours(12),
        };
        options.AccessTokenProvider = _ => option == nameof(options.AccessTokenProvider) && Interlocked.Increment(ref asked) == 1
            ? new ValueTask<string?>(never.Task)
            : ValueTask.FromResult<string?>(app.CreateToken("ann", Lifetime, "junior"));
        if (option == nameof(options.AddressResolver))
        {
            options.AddressResolver = _ => Interlocked.Increment(ref asked) == 1
                ? new ValueTask<IReadOnlyList<Uri>>(nowhere.Task)
                : ValueTask.FromResult<IReadOnlyList<Uri>>([app.Address()]);
        }

        await using var client = new TunnelClient(options, app.Log);
        DateTimeOffset start = app.Time.GetUtcNow();
        Task connecting = client.ConnectAsync();
        await app.AdvanceUntilAsync(() => connecting.IsCompleted);
        TimeSpan failedAfter = app.Time.GetUtcNow() - start;

        await Should.ThrowAsync<TunnelConnectException>(() => connecting);
        failedAfter.ShouldBeGreaterThanOrEqualTo(TimeSpan.FromSeconds(30));
        app.Log.Lines.Where(l => l.Contains($"{option} did not return within 30 s", StringComparison.Ordinal)).ShouldHaveSingleItem();
        Task again = client.ConnectAsync();
        await app.AdvanceUntilAsync(() => again.IsCompleted);
        await again;
        (await client.Get<IClock>().WhoAsync().DefaultTimeout()).ShouldBe("ann junior");
    }

    [Fact]
    public async Task Refresh_whose_token_hangs_fails_and_the_session_continues()
    {
        await using TokenApp app = await TokenApp.StartAsync(new Clock());
        bool hangs = false;
        var never = new TaskCompletionSource<string?>();
        await using TunnelClient client = await app.ConnectAsync(() => app.CreateToken("ann", Lifetime, "junior"), configure: options =>
            options.AccessTokenProvider = _ => Volatile.Read(ref hangs)
                ? new ValueTask<string?>(never.Task)
                : ValueTask.FromResult<string?>(app.CreateToken("ann", Lifetime, "junior")));

        Volatile.Write(ref hangs, true);
        Task refreshing = client.RefreshAuthenticationAsync();
        await app.AdvanceUntilAsync(() => refreshing.IsCompleted);
        TunnelException error = await Should.ThrowAsync<TunnelException>(() => refreshing);
        Volatile.Write(ref hangs, false);

        error.Status.ShouldBe(TunnelStatus.Unavailable);
        error.Message.ShouldContain("AccessTokenProvider did not return within 30 s");
        (await client.Get<IClock>().WhoAsync().DefaultTimeout()).ShouldBe("ann junior");
        await client.RefreshAuthenticationAsync().DefaultTimeout();
    }

    [Fact]
    public async Task Client_is_disposed_although_a_lookup_hangs()
    {
        await using TokenApp app = await TokenApp.StartAsync(new Clock());
        var asked = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var never = new TaskCompletionSource<string?>();
        var client = new TunnelClient(new TunnelClientOptions
        {
            Address = app.Address(),
            TimeProvider = app.Time,
            AccessTokenProvider = _ =>
            {
                asked.TrySetResult();
                return new ValueTask<string?>(never.Task);
            },
        });
        Task connecting = client.ConnectAsync();
        await asked.Task.DefaultTimeout();

        // Without an advance of the clock: ShutdownTimeout is not what ends the wait.
        await client.DisposeAsync().DefaultTimeout();

        await Should.ThrowAsync<ObjectDisposedException>(() => connecting.DefaultTimeout());
    }
}
