using TunnelRpc.Gateway.Messages;
using TunnelRpc.Gateway.Polling;
using TunnelRpc.Gateway.Routing;
using TunnelRpc.Testing.Time;
using TunnelRpc.Tests.Peers;

namespace TunnelRpc.Gateway.Tests.Polling;

/// <summary>The queue of requests that wait for pollers.</summary>
public sealed class RequestQueueTests
{
    private static readonly TimeSpan Wait = TimeSpan.FromSeconds(30);

    private readonly FakeTimeProvider _time = new();
    private readonly RequestQueue _queue;

    public RequestQueueTests() => _queue = new RequestQueue(
        new RequestQueueLimits(MaxRequests: 3, MaxPolls: 2, TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(60)), _time);

    [Fact]
    public async Task Request_is_delivered_to_one_of_two_pollers_and_answered_once()
    {
        Task<PollResult> first = PollAsync();
        Task<PollResult> second = PollAsync();
        Task<GatewayResponse> response = SendAsync("GET");

        QueuedRequest delivered = (await first.DefaultTimeout()).Request!;
        _queue.TryAnswer(delivered, Text("one")).ShouldBeTrue();
        _queue.TryAnswer(delivered, Text("two")).ShouldBeFalse();

        second.IsCompleted.ShouldBeFalse();
        (await response.DefaultTimeout()).Status.ShouldBe(200);
        _queue.Find(delivered.Id).ShouldBeNull();
        _queue.PendingRequests.ShouldBe(0);
    }

    [Fact]
    public async Task Pollers_get_requests_in_turn()
    {
        Task<PollResult> first = PollAsync();
        Task<PollResult> second = PollAsync();
        _ = SendAsync("GET");
        _ = SendAsync("POST");

        (await first.DefaultTimeout()).Request!.Request.Method.ShouldBe("GET");
        (await second.DefaultTimeout()).Request!.Request.Method.ShouldBe("POST");
    }

    [Fact]
    public async Task Poll_without_a_request_ends_after_its_timeout()
    {
        Task<PollResult> poll = PollAsync();

        _time.Advance(Wait);

        (await poll.DefaultTimeout()).Status.ShouldBe(PollStatus.TimedOut);
        _queue.PendingPolls.ShouldBe(0);
    }

    [Fact]
    public async Task Request_whose_client_has_left_is_skipped()
    {
        using CancellationTokenSource left = new();
        Task<GatewayResponse> abandoned = SendAsync("GET", left.Token);
        Task<GatewayResponse> next = SendAsync("PUT");

        await left.CancelAsync();
        PollResult poll = await PollAsync().DefaultTimeout();

        await Should.ThrowAsync<OperationCanceledException>(() => abandoned.DefaultTimeout());
        poll.Request!.Request.Method.ShouldBe("PUT");
        next.IsCompleted.ShouldBeFalse();
    }

    [Fact]
    public async Task Poller_that_has_left_gets_no_request()
    {
        using CancellationTokenSource left = new();
        Task<PollResult> poll = _queue.PollAsync(Wait, left.Token).AsTask();
        await left.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(() => poll.DefaultTimeout());

        _ = SendAsync("GET");

        (await PollAsync().DefaultTimeout()).Status.ShouldBe(PollStatus.Delivered);
    }

    [Fact]
    public async Task Request_without_a_poller_fails_after_PollerTimeout()
    {
        Task<GatewayResponse> response = SendAsync("GET");

        _time.Advance(TimeSpan.FromSeconds(9));
        response.IsCompleted.ShouldBeFalse();
        _time.Advance(TimeSpan.FromSeconds(1));

        (await FailureAsync(response)).ShouldBe(GatewayFailure.Timeout);
    }

    [Fact]
    public async Task Request_after_one_that_is_being_answered_waits_longer_than_PollerTimeout()
    {
        Task<GatewayResponse> first = SendAsync("GET");
        PollResult poll = await PollAsync().DefaultTimeout();
        Task<GatewayResponse> second = SendAsync("GET");

        _time.Advance(TimeSpan.FromSeconds(40));
        second.IsCompleted.ShouldBeFalse();
        _queue.TryAnswer(poll.Request!, Text("slow")).ShouldBeTrue();

        (await first.DefaultTimeout()).Status.ShouldBe(200);
        (await PollAsync().DefaultTimeout()).Status.ShouldBe(PollStatus.Delivered);
    }

    [Fact]
    public async Task Poller_that_never_answers_fails_its_request_after_ResponseTimeout()
    {
        Task<GatewayResponse> response = SendAsync("GET");
        PollResult poll = await PollAsync().DefaultTimeout();

        _time.Advance(TimeSpan.FromSeconds(60));

        (await FailureAsync(response)).ShouldBe(GatewayFailure.Timeout);
        _queue.TryAnswer(poll.Request!, Text("late")).ShouldBeFalse();
    }

    [Theory]
    [InlineData("GET", false, true)]
    [InlineData("POST", false, false)]
    [InlineData("POST", true, true)]
    public async Task Lost_delivery_is_repeated_only_if_the_request_may_be_sent_twice(string method, bool nothingSent, bool repeated)
    {
        Task<GatewayResponse> response = SendAsync(method);
        PollResult poll = await PollAsync().DefaultTimeout();

        _queue.ReturnUndelivered(poll.Request!, nothingSent);

        if (repeated)
        {
            (await PollAsync().DefaultTimeout()).Request.ShouldBeSameAs(poll.Request);
        }
        else
        {
            (await FailureAsync(response)).ShouldBe(GatewayFailure.BadResponse);
        }
    }

    [Fact]
    public async Task Full_queue_refuses_requests_and_polls()
    {
        _ = SendAsync("GET");
        _ = SendAsync("GET");
        _ = SendAsync("GET");

        (await FailureAsync(SendAsync("GET"))).ShouldBe(GatewayFailure.Unreachable);
        for (int index = 0; index < 3; index++)
        {
            await PollAsync().DefaultTimeout();
        }

        _ = PollAsync();
        _ = PollAsync();
        (await PollAsync().DefaultTimeout()).Status.ShouldBe(PollStatus.TooMany);
    }

    [Fact]
    public async Task Closed_queue_ends_polls_and_fails_requests()
    {
        Task<GatewayResponse> delivered = SendAsync("GET");
        await PollAsync().DefaultTimeout();
        Task<GatewayResponse> waiting = SendAsync("GET");
        _queue.Close();

        (await FailureAsync(delivered)).ShouldBe(GatewayFailure.BadResponse);
        (await FailureAsync(waiting)).ShouldBe(GatewayFailure.Unreachable);
        (await PollAsync().DefaultTimeout()).Status.ShouldBe(PollStatus.Closed);
    }

    private static BufferedGatewayResponse Text(string text) => BufferedGatewayResponse.Text(200, text, "GET");

    private static async Task<GatewayFailure> FailureAsync(Task<GatewayResponse> response)
        => (await Should.ThrowAsync<GatewayOriginException>(() => response.DefaultTimeout())).Failure;

    private Task<PollResult> PollAsync() => _queue.PollAsync(Wait, CancellationToken.None).AsTask();

    private Task<GatewayResponse> SendAsync(string method, CancellationToken cancellationToken = default)
        => _queue.SendAsync(
            new GatewayRequest { Name = "shop", Method = method, Target = "/", Scheme = "http", Version = "1.1", Fields = [] },
            default,
            cancellationToken).AsTask();
}
