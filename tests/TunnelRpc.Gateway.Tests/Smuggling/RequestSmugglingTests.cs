using System.Collections.Concurrent;
using TunnelRpc.Gateway.Messages;
using TunnelRpc.Tests.Peers;
using TunnelRpc.Transports.Http1;

namespace TunnelRpc.Gateway.Tests.Smuggling;

/// <summary>
/// Requests in the eyes of two parsers: what <see cref="HttpMessageReader"/> accepts, Kestrel understands as the same one request. There is
/// no exception: what Kestrel refuses, the reader refuses, with Kestrel's limits of sizes set to those of the reader, and with values of
/// fields that are decoded byte for byte.
/// </summary>
public sealed class RequestSmugglingTests
{
    private const int MaxConnections = 16;

    [Fact]
    public async Task Request_that_is_accepted_is_the_same_one_request_for_kestrel()
    {
        MessageGenerator generator = new(SmugglingRun.Seed);
        byte[][] messages = [.. Enumerable.Range(0, SmugglingRun.Count).Select(_ => generator.NextRequest())];
        ConcurrentQueue<string> failures = new();
        int accepted = 0;
        await using KestrelEcho kestrel = await KestrelEcho.StartAsync(MessageRules.MaxHeadBytes);

        await Parallel.ForAsync(0, messages.Length, new ParallelOptions { MaxDegreeOfParallelism = MaxConnections }, async (index, _) =>
        {
            UnderstoodMessage? ours = Read(messages[index]);
            Interlocked.Add(ref accepted, ours is null ? 0 : 1);
            IReadOnlyList<UnderstoodMessage> understood = await kestrel.SendAsync(messages[index], isComplete: ours is not null);

            // A connection may fail, since ports are used again. A parser refuses the same message each time.
            for (int repeats = 0; ours is not null && understood.Count == 0 && repeats < 3; repeats++)
            {
                understood = await kestrel.SendAsync(messages[index], isComplete: true);
            }

            if (ours is not null && FindDifference(ours, understood) is { } difference)
            {
                failures.Enqueue($"{index}: {difference}: \"{SmugglingRun.Show(messages[index])}\"");
            }
        });

        failures.Take(10).ShouldBeEmpty();

        // A generator whose messages are nearly all refused, or nearly all accepted, tests nothing.
        accepted.ShouldBeInRange(SmugglingRun.Count / 5, SmugglingRun.Count * 4 / 5);
    }

    [Theory]
    [InlineData("GET / HTTP/1.1\r\nHost: h\r\n\r\n")]
    [InlineData("POST /a?b HTTP/1.1\r\nHost: h\r\nX-A: 1\r\nX-A: 2\r\nContent-Length: 3\r\n\r\nabc")]
    [InlineData("PUT / HTTP/1.1\r\nhost: h:80\r\nTransfer-Encoding: Chunked\r\n\r\n1;x=y\r\na\r\n02\r\nbc\r\n0\r\nX-T: u\r\n\r\n")]
    [InlineData("GET / HTTP/1.0\r\n\r\n")]
    [InlineData("OPTIONS * HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")]
    [InlineData("GET / HTTP/1.1\r\nHost: [::1]:80\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n")]
    public async Task Valid_request_is_understood_by_both(string message)
    {
        await using KestrelEcho kestrel = await KestrelEcho.StartAsync(MessageRules.MaxHeadBytes);
        byte[] bytes = System.Text.Encoding.Latin1.GetBytes(message);
        UnderstoodMessage ours = Read(bytes).ShouldNotBeNull();

        FindDifference(ours, await kestrel.SendAsync(bytes, isComplete: true).DefaultTimeout()).ShouldBeNull();
    }

    [Fact]
    public async Task Second_request_and_another_body_are_noticed()
    {
        // Shows that the comparison can fail.
        await using KestrelEcho kestrel = await KestrelEcho.StartAsync(MessageRules.MaxHeadBytes);
        byte[] two = "GET /a HTTP/1.1\r\nHost: h\r\n\r\nGET /b HTTP/1.1\r\nHost: h\r\n\r\n"u8.ToArray();
        UnderstoodMessage first = Read("GET /a HTTP/1.1\r\nHost: h\r\n\r\n"u8.ToArray()).ShouldNotBeNull();

        Read(two).ShouldBeNull();
        FindDifference(first, await kestrel.SendAsync(two, isComplete: true)).ShouldBe("2 requests");
        FindDifference(first, []).ShouldBe("0 requests");
        FindDifference(first, [first with { Body = [1] }]).ShouldNotBeNull().ShouldStartWith("body ");
        FindDifference(first, [first with { Fields = [new("host", "g")] }]).ShouldNotBeNull().ShouldStartWith("fields ");
    }

    private static UnderstoodMessage? Read(byte[] message)
    {
        try
        {
            HttpMessage request = HttpMessageReader.ReadRequest(message);
            return new UnderstoodMessage(
                request.Head.MethodOrVersion, request.Head.TargetOrStatus, request.Head.HeaderFields, request.Body.ToArray());
        }
        catch (MalformedHttpException)
        {
            return null;
        }
    }

    private static string? FindDifference(UnderstoodMessage ours, IReadOnlyList<UnderstoodMessage> understood)
        => understood is [{ } one] ? ours.FindDifference(one) : $"{understood.Count} requests";
}
