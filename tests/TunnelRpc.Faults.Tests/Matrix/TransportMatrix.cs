using TunnelRpc.Client;
using TunnelRpc.Faults.Tests.Servers;
using TunnelRpc.Testing.Faults;
using TunnelRpc.Testing.Time;
using TunnelRpc.Transports;
using Xunit.Sdk;

namespace TunnelRpc.Faults.Tests.Matrix;

/// <summary>
/// One transport with every fault profile: calls succeed in both directions, or the attempt fails within its timeout with the expected
/// reason. It never hangs.
/// </summary>
public abstract class TransportMatrix(MatrixServer server) : IClassFixture<MatrixServer>
{
    // The long timeout is for attempts that must succeed on a busy machine, the short one for attempts that must time out.
    private static readonly TimeSpan LongTimeout = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan ShortTimeout = TimeSpan.FromSeconds(1.5);

    private static readonly Expected NoHttp2 = Expected.Fails("HTTP");
    private static readonly byte[] Small = [.. "small"u8];
    private static readonly byte[] Large = [.. Enumerable.Range(0, 1 << 20).Select(i => (byte)(i * 7 >> 3))];

    public static TheoryData<string> Profiles => [.. Columns.All.Keys];

    protected abstract string Transport { get; }

    /// <summary>The expected outcomes of the profiles with which the transport does not simply work.</summary>
    protected abstract IReadOnlyDictionary<string, Expected> Exceptions { get; }

    /// <summary>Whether the transport uses HTTP/2, which the fault proxy relays at the TCP level only.</summary>
    protected virtual bool IsHttp2 => false;

    [Theory]
    [MemberData(nameof(Profiles))]
    public async Task Transport_works_or_fails_with_the_expected_reason(string name)
    {
        Column column = Columns.All[name];
        FaultProfile profile = IsHttp2 && column.IsTcpOnly ? column.Profile with { Level = FaultLevel.Tcp } : column.Profile;
        Expected expected = Expect(name, column);
        var time = new FakeTimeProvider();
        await using FaultProxy proxy = await FaultProxy.StartAsync(
            IsHttp2 ? server.Http2 : server.Http1, profile, o => o.TimeProvider = column.StallTime is null ? TimeProvider.System : time);
        await using TunnelClient client = CreateClient(proxy, expected);

        PathAttempt attempt = await ConnectAsync(client).DefaultTimeout();

        string context = $"{proxy}: {attempt}";
        attempt.Outcome.ShouldBe(expected.Outcome, context);
        attempt.HttpStatus.ShouldBe(expected.Status, context);
        foreach (string part in expected.MessageParts)
        {
            attempt.Reason.ShouldContain(part, Case.Sensitive, context);
        }

        if (attempt.Outcome == AttemptOutcome.Won)
        {
            try
            {
                await (expected.BreaksLater
                    ? BreakAndRepairAsync(client, proxy, time, column.StallTime)
                    : CallInBothDirectionsAsync(client)).DefaultTimeout();
            }
            catch (Exception failure)
            {
                // Add the proxy with its seed, which reproduces the run.
                throw new XunitException($"{proxy}: {failure.Message}", failure);
            }
        }
    }

    [Fact]
    public void Expectation_table_names_existing_profiles() => Exceptions.Keys.Except(Columns.All.Keys).ShouldBeEmpty();

    private static async Task<PathAttempt> ConnectAsync(TunnelClient client)
    {
        try
        {
            await client.ConnectAsync();
            return client.Report!.Attempts.ShouldHaveSingleItem();
        }
        catch (TunnelConnectException failure)
        {
            return failure.Report.Attempts.ShouldHaveSingleItem();
        }
    }

    private static async Task CallInBothDirectionsAsync(TunnelClient client)
    {
        IMatrixService service = client.Get<IMatrixService>();
        byte[] reversed = [.. Large];
        Array.Reverse(reversed);

        (await service.EchoAsync(Small)).ShouldBe(Small);
        (await service.EchoAsync(Large)).AsSpan().SequenceEqual(Large).ShouldBeTrue();
        (await service.CallBackAsync(Small)).ShouldBe([.. "llams"u8]);
        (await service.CallBackAsync(Large)).AsSpan().SequenceEqual(reversed).ShouldBeTrue();
    }

    /// <summary>The path breaks during a call, and the call still completes: over several paths or over the repaired path.</summary>
    private static async Task BreakAndRepairAsync(TunnelClient client, FaultProxy proxy, FakeTimeProvider time, TimeSpan? stallTime)
    {
        IMatrixService service = client.Get<IMatrixService>();
        (await service.EchoAsync(Small)).ShouldBe(Small);
        var disconnected = new TaskCompletionSource();
        client.StateChanged += (_, change) =>
        {
            if (change.State == TunnelClientState.Resuming)
            {
                disconnected.TrySetResult();
            }
        };
        string session = client.SessionId.ShouldNotBeNull();

        Task<byte[]> call = Task.FromResult(Large);
        if (stallTime is TimeSpan span)
        {
            time.Advance(span);
        }
        else
        {
            call = service.EchoAsync(Large);
            await Task.WhenAny(call, disconnected.Task);
        }

        proxy.Profile = FaultProfiles.Transparent with { Level = proxy.Profile.Level };
        proxy.Reset();

        (await call).AsSpan().SequenceEqual(Large).ShouldBeTrue();
        await CallInBothDirectionsAsync(client);
        client.SessionId.ShouldBe(session);
    }

    private TunnelClient CreateClient(FaultProxy proxy, Expected expected)
    {
        bool isConnect = Transport == "connect";
        return MatrixServer.CreateClient(isConnect ? server.Http1 : proxy.Address, options =>
        {
            ITransport transport = options.Transports.Single(t => t.Name == Transport);
            options.Transports.Clear();
            options.Transports.Add(transport);
            options.Proxy = isConnect ? proxy.Address : null;
            options.AttemptTimeout = expected.Outcome == AttemptOutcome.TimedOut ? ShortTimeout : LongTimeout;
        });
    }

    private Expected Expect(string name, Column column)
        => Exceptions.TryGetValue(name, out Expected? exception) ? exception
            : IsHttp2 && !column.IsTcpOnly ? NoHttp2
            : Expected.Works;
}
