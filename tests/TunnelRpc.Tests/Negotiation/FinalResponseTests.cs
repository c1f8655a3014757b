using TunnelRpc.Client;
using TunnelRpc.Testing.Time;
using TunnelRpc.Tests.Accounting;
using TunnelRpc.Tests.Peers;
using TunnelRpc.Transports;

namespace TunnelRpc.Tests.Negotiation;

/// <summary>
/// Responses after which a connect fails at once, although ConnectTimeout has not passed: the clock of the tests is not advanced for them.
/// </summary>
public sealed class FinalResponseTests
{
    private readonly FakeTimeProvider _time = new();

    [Fact]
    public async Task Response_401_ends_the_race_and_fails_the_connect_at_once()
    {
        var unreachable = RespondingTransport.WithoutResponse("first");
        var refused = RespondingTransport.FromServer("second", 401);
        var further = RespondingTransport.FromServer("third", 401);
        await using TunnelClient client = CreateClient(unreachable, refused, further);

        TunnelConnectException failed = await Should.ThrowAsync<TunnelConnectException>(() => client.ConnectAsync().DefaultTimeout());

        failed.Status.ShouldBe(TunnelStatus.Unauthenticated);
        failed.Outcome.ShouldBe(TunnelCallOutcome.NotSent);
        failed.Message.ShouldStartWith("Found no path to http://shop.invalid/tunnel in 0 ms: the response was 401.");
        (unreachable.Connects, refused.Connects, further.Connects).ShouldBe((1, 1, 0));
        PathAttempt notTried = failed.Report.Attempts[2];
        (notTried.Outcome, notTried.Reason).ShouldBe(
            (AttemptOutcome.NotTried, "the server requires other credentials, as its response to second says."));
    }

    [Theory]
    [InlineData(403, TunnelStatus.PermissionDenied)]
    [InlineData(404, TunnelStatus.Unavailable)]
    [InlineData(500, TunnelStatus.Unavailable)]
    public async Task Final_response_fails_the_connect_when_each_transport_was_tried_once(int status, TunnelStatus expected)
    {
        // What forbids one kind of request may pass another, so the other transports are tried.
        var first = RespondingTransport.FromServer("first", status);
        var unreachable = RespondingTransport.WithoutResponse("second");
        var third = RespondingTransport.FromServer("third", status);
        await using TunnelClient client = CreateClient(first, unreachable, third);

        TunnelConnectException failed = await Should.ThrowAsync<TunnelConnectException>(() => client.ConnectAsync().DefaultTimeout());

        failed.Status.ShouldBe(expected);
        failed.Message.ShouldContain($": the response was {status}.");
        (first.Connects, unreachable.Connects, third.Connects).ShouldBe((1, 1, 1));
    }

    [Fact]
    public async Task Transport_that_passes_is_used_although_another_one_is_forbidden()
    {
        var forbidden = RespondingTransport.FromServer("first", 403);
        await using var passing = new ScriptedTransport("second");
        await using TunnelClient client = CreateClient(forbidden, passing);
        Task connecting = client.ConnectAsync();

        await using ITransportConnection connection = await passing.AcceptAsync().DefaultTimeout();

        connecting.IsCompleted.ShouldBeFalse();
        forbidden.Connects.ShouldBe(1);
    }

    [Theory]
    [InlineData(502)]
    [InlineData(503)]
    [InlineData(504)]
    public async Task Status_of_a_restart_is_retried_until_ConnectTimeout(int status)
    {
        var transport = RespondingTransport.FromServer("only", status);

        await ShouldRetryAsync(transport, TunnelStatus.Unavailable);
    }

    [Fact]
    public async Task Response_of_a_proxy_to_CONNECT_is_not_final_for_the_server() =>
        await ShouldRetryAsync(
            RespondingTransport.WithoutResponse("second"), TunnelStatus.Unavailable, RespondingTransport.FromProxy("first", 403));

    [Fact]
    public async Task Forbidden_request_beside_one_that_may_succeed_later_is_retried() =>
        await ShouldRetryAsync(
            RespondingTransport.FromServer("second", 502), TunnelStatus.Unavailable, RespondingTransport.FromServer("first", 403));

    [Fact]
    public async Task Client_that_stays_connected_logs_a_final_response_and_tries_again()
    {
        using var log = new RecordingLoggerFactory();
        var refused = RespondingTransport.FromServer("only", 401);
        await using TunnelClient client = CreateClient(log, refused);

        client.KeepConnected();
        await Eventually.TrueAsync(() => refused.Connects >= 3, () => _time.Advance(TimeSpan.FromSeconds(1)));

        log.Lines.Count(line => line.Contains("the response was 401.", StringComparison.Ordinal)).ShouldBeGreaterThanOrEqualTo(2);
        client.State.ShouldBe(TunnelClientState.Connecting);
    }

    private async Task ShouldRetryAsync(RespondingTransport last, TunnelStatus status, params ITransport[] before)
    {
        await using TunnelClient client = CreateClient([.. before, last]);
        Task connecting = client.ConnectAsync();

        await Eventually.TrueAsync(() => last.Connects >= 3, () => _time.Advance(TimeSpan.FromSeconds(1)));
        connecting.IsCompleted.ShouldBeFalse();

        await Eventually.TrueAsync(() => connecting.IsCompleted, () => _time.Advance(TimeSpan.FromMinutes(30)));
        (await Should.ThrowAsync<TunnelConnectException>(() => connecting)).Status.ShouldBe(status);
    }

    private TunnelClient CreateClient(params ITransport[] transports) => CreateClient(null, transports);

    private TunnelClient CreateClient(RecordingLoggerFactory? log, params ITransport[] transports)
    {
        var options = new TunnelClientOptions
        {
            Address = new Uri("http://shop.invalid/tunnel"),
            TimeProvider = _time,
            StayConnected = false,
            ConnectTimeout = TimeSpan.FromHours(2),
            CloseTimeout = TimeSpan.FromMilliseconds(1),
        };
        options.Transports.Clear();
        foreach (ITransport transport in transports)
        {
            options.Transports.Add(transport);
        }

        return new TunnelClient(options, log);
    }
}
