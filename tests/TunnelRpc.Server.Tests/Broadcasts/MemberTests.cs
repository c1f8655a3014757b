using Shouldly;
using TunnelRpc.Client;
using TunnelRpc.Server.Tests.Apps;
using TunnelRpc.Tests.Peers;
using Xunit;

namespace TunnelRpc.Server.Tests.Broadcasts;

/// <summary>The members that broadcasts reach, what they get, and the results that they return.</summary>
[Collection("broadcasts")]
public sealed class MemberTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(5);

    [Fact]
    public async Task User_reaches_all_sessions_of_a_user_and_no_others()
    {
        await using ServerApp app = await ServerApp.StartAsync(_ => { });
        var clients = (ITunnelClients<ITicker>)app.App.Services.GetService(typeof(ITunnelClients<ITicker>))!;
        (string User, Ticker Ticker)[] members = [("ann", new("1")), ("ann", new("2")), ("bob", new("3")), ("cyd", new("4"))];
        var connected = new List<TunnelClient>();
        foreach ((string user, Ticker ticker) in members)
        {
            connected.Add(await app.ConnectAsync(user, "upgrade", o => o.Serve<ITicker>(ticker)));
        }

        string ann = clients.Sessions.First(s => s.User?.Identity?.Name == "ann").UserId!;
        string bob = clients.Sessions.First(s => s.User?.Identity?.Name == "bob").UserId!;
        ITicker toAnn = clients.User(ann);
        (await NamesAsync(toAnn)).ShouldBe(["1", "2"]);
        (await NamesAsync(clients.Users(ann, bob, ann))).ShouldBe(["1", "2", "3"]);
        (await NamesAsync(clients.User("unknown"))).ShouldBeEmpty();

        // The stub follows the sessions.
        await toAnn.TickAsync(7, []);
        await members[0].Ticker.UntilAsync(() => members[0].Ticker.Ticks.Count == 1);
        await members[1].Ticker.UntilAsync(() => members[1].Ticker.Ticks.Count == 1);
        Task ended = clients.Sessions.Single(s => s.Id == connected[0].SessionId).Completion;
        await connected[0].DisposeAsync();
        await ended.DefaultTimeout();
        (await NamesAsync(toAnn)).ShouldBe(["2"]);
        connected.Add(await app.ConnectAsync("ann", "upgrade", o => o.Serve<ITicker>(new Ticker("5"))));
        (await NamesAsync(toAnn)).ShouldBe(["2", "5"]);
        Should.Throw<ArgumentException>(() => clients.User(""));
        Should.Throw<ArgumentException>(() => clients.Users("ann", ""));
        foreach (TunnelClient client in connected)
        {
            await client.DisposeAsync();
        }
    }

    [Theory]
    [InlineData(TunnelCompression.None, 10)]
    [InlineData(TunnelCompression.None, 30_000)]
    [InlineData(TunnelCompression.Brotli, 5_000)]
    [InlineData(TunnelCompression.Brotli, 200_000)]
    public async Task One_way_call_is_encoded_once_for_all_sessions(TunnelCompression compression, int size)
    {
        await using BroadcastApp app = await BroadcastApp.StartAsync(o => o.Compression.Algorithm = compression);
        await using BroadcastMember first = await app.ConnectAsync("1", o => o.Compression.Algorithm = compression);
        await using BroadcastMember second = await app.ConnectAsync("2", o => o.Compression.Algorithm = compression);
        await using BroadcastMember plain = await app.ConnectAsync("3");
        string text = string.Concat(Enumerable.Range(0, size).Select(i => (char)('a' + (i % 7))));
        var price = new CountedPrice { Text = text };

        await app.Members.All.With(headers: new() { ["title"] = "dr" }, priority: TunnelPriority.High).PriceAsync(price);

        foreach (BroadcastMember member in new[] { first, second, plain })
        {
            await member.Ticker.UntilAsync(() => !member.Ticker.Prices.IsEmpty);
            member.Ticker.Prices.ShouldBe([text]);
        }

        price.EncodedCount.ShouldBe(1);
    }

    [Fact]
    public async Task Gather_returns_results_as_they_come_and_reports_sessions_that_do_not_answer_in_time()
    {
        await using BroadcastApp app = await BroadcastApp.StartAsync();
        await using BroadcastMember fast = await app.ConnectAsync("fast");
        await using BroadcastMember late = await app.ConnectAsync("late");
        await using BroadcastMember silent = await app.ConnectAsync("silent");
        await using BroadcastMember failing = await app.ConnectAsync("failing");
        var confirmation = new TaskCompletionSource();
        late.Ticker.Confirmation = confirmation.Task;
        silent.Transport.Pause();
        failing.Ticker.Confirmation = Task.FromException(new TunnelException(TunnelStatus.NotFound, "No name."));

        var results = new Dictionary<string, TunnelBroadcastResult<string>>();
        IAsyncEnumerable<TunnelBroadcastResult<string>> names = app.Members.All.GatherAsync(
            (m, _) => m.NameAsync(CancellationToken.None), 2 * Limit);
        await foreach (TunnelBroadcastResult<string> result in names)
        {
            results.Add(result.SessionId, result);
            if (results.Count == 2)
            {
                confirmation.SetResult();
            }
            else if (results.Count == 3)
            {
                app.Time.Advance(2 * Limit);
            }
        }

        results.Keys.Take(2).ShouldBe([fast.SessionId, failing.SessionId], ignoreOrder: true);
        results.Keys.Skip(2).ShouldBe([late.SessionId, silent.SessionId]);
        results[fast.SessionId].Result.ShouldBe("fast");
        results[late.SessionId].Result.ShouldBe("late");
        results[failing.SessionId].Error.ShouldBeOfType<TunnelException>().Status.ShouldBe(TunnelStatus.NotFound);
        results[silent.SessionId].Error.ShouldBeOfType<TunnelException>().Status.ShouldBe(TunnelStatus.DeadlineExceeded);
    }

    [Fact]
    public async Task Gather_that_is_left_early_or_cancelled_cancels_its_calls()
    {
        await using BroadcastApp app = await BroadcastApp.StartAsync();
        await using BroadcastMember fast = await app.ConnectAsync("fast");
        await using BroadcastMember late = await app.ConnectAsync("late");
        late.Ticker.Confirmation = new TaskCompletionSource().Task;
        var cancelled = new TaskCompletionSource();
        using var cancel = new CancellationTokenSource();

        await foreach (TunnelBroadcastResult<string> name in app.Members.All.GatherAsync(CallAsync, Limit))
        {
            name.Result.ShouldBe("fast");
            break;
        }

        await cancelled.Task.DefaultTimeout();
        await Should.ThrowAsync<OperationCanceledException>(async () =>
        {
            IAsyncEnumerable<TunnelBroadcastResult<string>> names = app.Members.All.GatherAsync(CallAsync, Limit);
            await foreach (TunnelBroadcastResult<string> name in names.WithCancellation(cancel.Token))
            {
                name.Result.ShouldBe("fast");
                await cancel.CancelAsync();
            }
        });
        Should.Throw<ArgumentException>(() => app.Members.Session(fast.SessionId).GatherAsync(CallAsync, Limit));
        Should.Throw<ArgumentOutOfRangeException>(() => app.Members.All.GatherAsync(CallAsync, TimeSpan.Zero));

        async Task<string> CallAsync(ITicker member, CancellationToken token)
        {
            try
            {
                return await member.NameAsync(token);
            }
            catch (OperationCanceledException)
            {
                cancelled.TrySetResult();
                throw;
            }
        }
    }

    [Fact]
    public async Task Gather_without_sessions_is_empty()
    {
        await using BroadcastApp app = await BroadcastApp.StartAsync();

        (await NamesAsync(app.Members.Group("empty"))).ShouldBeEmpty();
    }

    private static async Task<string[]> NamesAsync(ITicker stub)
    {
        var names = new List<string>();
        await foreach (TunnelBroadcastResult<string> name in stub.GatherAsync((m, token) => m.NameAsync(token), TimeSpan.FromMinutes(1)))
        {
            names.Add(name.Result);
        }

        return [.. names.Order()];
    }
}
