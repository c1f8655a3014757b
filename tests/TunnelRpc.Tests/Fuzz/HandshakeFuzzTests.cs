using System.Buffers.Binary;
using System.Security.Cryptography;
using TunnelRpc.Client;
using TunnelRpc.Multiplexing;
using TunnelRpc.Sessions;
using TunnelRpc.Tests.Peers;
using TunnelRpc.Transports;

namespace TunnelRpc.Tests.Fuzz;

/// <summary>
/// Handshakes with a real server and a real client, in which the other side sends limits of any value, records without effect, records in
/// another order, and changed bytes. Each ends with a session, a REFUSE that says what was expected, or a failed attempt; never with
/// another exception, and never with a wait. A failure names its seed.
/// </summary>
public sealed class HandshakeFuzzTests
{
    private const int Cases = 3_000;

    // The offsets of the limits in the payloads.
    private const int LimitsOfHello = 26;
    private const int LimitsOfWelcome = 37;

    private static readonly PeerLimits Limits = PeerLimits.From(new TunnelLimits());
    // The last one: the first byte is the one of TLS.
    private static readonly string[] Reasons =
    [
        "Expected ", "There is no such session", "Another path of this session", "This server does not offer end-to-end TLS",
    ];

    [Fact]
    public async Task Server_accepts_limits_in_their_ranges_and_refuses_others_by_name()
    {
        await using ServerRig rig = ServerRig.Start();
        int accepted = 0;
        for (int seed = 0; seed < FuzzBudget.Of(Cases); seed++)
        {
            var random = new Random(seed);
            byte[] hello = CreateHello(random).ToPayload();
            bool isValid = HandshakeMutation.SetLimits(random, hello.AsSpan(LimitsOfHello));
            byte[]? reply = null;
            HandshakeConnection? connection = null;
            connection = new HandshakeConnection(Wire.Record(RecordType.Hello, hello), AnswerServer, seed);

            await rig.Server.ServeAsync(connection, CancellationToken.None).DefaultTimeout();

            if (isValid)
            {
                // The failure of a call of an unknown method fits into every message size.
                reply.ShouldNotBeNull($"seed {seed}: {connection.Refusal?.Reason}").ShouldContain((byte)TunnelStatus.Unimplemented);
                accepted++;
            }
            else
            {
                connection.Refusal.ShouldNotBeNull($"seed {seed}").Reason.ShouldStartWith("Expected the peer's limit of ");
            }

            byte[]? AnswerServer(RecordType type, byte[] payload)
            {
                reply = type == RecordType.Data ? payload : reply;
                connection!.IsHeldOpen = type == RecordType.Ready || (connection.IsHeldOpen && reply is null);
                return type switch
                {
                    RecordType.Welcome => Wire.Record(RecordType.Confirm, payload.AsSpan(21, 16)),
                    RecordType.Ready => Wire.Record(RecordType.Data, Wire.Frame(FrameType.Call, FrameFlags.End, 1, 1, 2, 3, 4, 0x90)),
                    RecordType.Data => Wire.Record(RecordType.Close, new CloseMessage(TunnelStatus.Ok, 0, "bye").ToPayload()),
                    _ => null,
                };
            }
        }

        accepted.ShouldBeInRange(Cases / 5, FuzzBudget.Of(Cases) - (Cases / 5));
        await ShouldHaveEndedAsync(rig);
    }

    [Fact]
    public async Task Server_survives_mutated_handshakes()
    {
        await using ServerRig rig = ServerRig.Start();
        int ready = 0;
        int refused = 0;
        for (int seed = 0; seed < FuzzBudget.Of(Cases); seed++)
        {
            var random = new Random(seed);
            Hello hello = CreateHello(random) with { Features = (SessionFeatures)random.Next(4) };
            if (random.Next(4) == 0)
            {
                var resume = new ResumeRequest(Guid.NewGuid(), (uint)random.Next(4), (ulong)random.Next(4), new byte[32]);
                hello = hello with { Resume = resume };
            }

            (HandshakeConnection connection, bool isReady) = await ServeAsync(rig, random, hello, seed);

            ready += isReady ? 1 : 0;
            refused += connection.Refusal is null ? 0 : 1;
        }

        ready.ShouldBeGreaterThan(Cases / 20);
        refused.ShouldBeGreaterThan(Cases / 5);
        await ShouldHaveEndedAsync(rig);
    }

    [Fact]
    public async Task Mutated_requests_to_resume_migrate_no_session_unless_all_that_is_proved_is_unchanged()
    {
        await using ServerRig rig = ServerRig.Start();
        int migrated = 0;
        for (int seed = 0; seed < FuzzBudget.Of(Cases / 10); seed++)
        {
            var random = new Random(seed);
            (RawPeer victim, SessionTicket ticket) = await rig.OpenAsync();
            Guid nonce = NewNonce();
            uint epoch = (uint)random.Next(2, 5);
            var resume = new ResumeRequest(ticket.SessionId, epoch, 0, SessionProof.Compute(ticket, epoch, 0, nonce));
            Hello hello = CreateHello(random) with { Nonce = nonce, Resume = resume };

            (HandshakeConnection connection, bool isReady) = await ServeAsync(rig, random, hello, seed);

            if (isReady)
            {
                Welcome welcome = Welcome.Parse(connection.Received.First(r => r.Type == RecordType.Welcome).Payload);
                (welcome.Epoch, welcome.Ticket).ShouldBe((epoch, null), $"seed {seed}");
                migrated++;
            }
            else
            {
                await ServerRig.ShouldBeAliveAsync(victim);
            }

            await victim.DisposeAsync();
        }

        migrated.ShouldBeInRange(Cases / 10 / 20, FuzzBudget.Of(Cases / 10) / 2);
        await ShouldHaveEndedAsync(rig);
    }

    [Fact]
    public async Task Client_accepts_limits_in_their_ranges_and_names_others()
    {
        int accepted = 0;
        for (int seed = 0; seed < FuzzBudget.Of(Cases / 3); seed++)
        {
            bool isValid = true;
            await using TunnelClient client = CreateClient(seed, (type, payload) =>
            {
                if (type == RecordType.Hello)
                {
                    byte[] welcome = CreateWelcome(payload).ToPayload();

                    // A client that opens another session gets the same limits.
                    isValid = HandshakeMutation.SetLimits(new Random(seed), welcome.AsSpan(LimitsOfWelcome));
                    return Wire.Record(RecordType.Welcome, welcome);
                }

                return type == RecordType.Confirm ? Wire.Record(RecordType.Ready) : null;
            });

            Exception? error = await Record.ExceptionAsync(() => client.ConnectAsync().DefaultTimeout());

            if (isValid)
            {
                error.ShouldBeNull($"seed {seed}");
                accepted++;
            }
            else
            {
                error.ShouldBeOfType<TunnelConnectException>($"seed {seed}").Message.ShouldContain("Expected the peer's limit of ");
            }
        }

        accepted.ShouldBeInRange(Cases / 3 / 5, FuzzBudget.Of(Cases / 3) - (Cases / 3 / 5));
    }

    [Fact]
    public async Task Client_survives_mutated_handshakes()
    {
        int connected = 0;
        for (int seed = 0; seed < FuzzBudget.Of(Cases / 3); seed++)
        {
            var random = new Random(seed);
            await using TunnelClient client = CreateClient(seed, (type, payload) => type switch
            {
                RecordType.Hello when random.Next(10) == 0 => HandshakeMutation.Of(
                    random,
                    RecordType.Refuse,
                    new Refusal((TunnelStatus)random.Next(20), TimeSpan.FromSeconds(random.Next()), "no").ToPayload()),
                RecordType.Hello => HandshakeMutation.Of(random, RecordType.Welcome, CreateWelcome(payload).ToPayload()),
                RecordType.Confirm => HandshakeMutation.Of(random, RecordType.Ready, []),
                _ => null,
            });

            Exception? error = await Record.ExceptionAsync(() => client.ConnectAsync().DefaultTimeout());

            connected += error is null ? 1 : 0;
            (error ?? new TunnelConnectException(client.Report!, null)).ShouldBeOfType<TunnelConnectException>($"seed {seed}: {error}");
        }

        connected.ShouldBeInRange(Cases / 3 / 20, FuzzBudget.Of(Cases / 3) - (Cases / 3 / 5));
    }

    /// <summary>Serves a mutated handshake. Returns its connection, and whether the server has sent READY.</summary>
    private static async Task<(HandshakeConnection Connection, bool IsReady)> ServeAsync(
        ServerRig rig, Random random, Hello hello, int seed)
    {
        var connection = new HandshakeConnection(
            HandshakeMutation.Of(random, RecordType.Hello, hello.ToPayload()),
            (type, payload) => type switch
            {
                RecordType.Welcome => HandshakeMutation.Of(random, RecordType.Confirm, payload[21..37]),
                RecordType.Ready => Wire.Number(RecordType.Ping, 1),
                _ => null,
            },
            seed);

        await rig.Server.ServeAsync(connection, CancellationToken.None).DefaultTimeout();

        if (connection.Refusal is { } refusal)
        {
            Reasons.ShouldContain(reason => refusal.Reason.StartsWith(reason), $"seed {seed}: {refusal.Reason}");
        }

        return (connection, connection.Received.Any(r => r.Type == RecordType.Ready));
    }

    /// <summary>Waits until no session is left: those that may be resumed end with their window.</summary>
    private static async Task ShouldHaveEndedAsync(ServerRig rig)
    {
        using var guard = new CancellationTokenSource(TestTimeout.Default);
        while (rig.Server.SessionIds.Count > 0)
        {
            guard.Token.ThrowIfCancellationRequested();
            rig.Time.Advance(TimeSpan.FromSeconds(60));
            await ThreadPoolWork.RunQueuedAsync(10);
        }

        rig.Server.Partitions.Users.Count.ShouldBe(0);
        rig.Log.Lines.ShouldNotContain(
            line => line.StartsWith("Error", StringComparison.Ordinal) || line.StartsWith("Critical", StringComparison.Ordinal));
    }

    private static TunnelClient CreateClient(int seed, Func<RecordType, byte[], byte[]?> server)
    {
        var options = new TunnelClientOptions
        {
            Address = new Uri("http://scripted.invalid/tunnel"),
            ConnectTimeout = TimeSpan.Zero,
            ResumeWindow = TimeSpan.Zero,
            StayConnected = false,

            // A session may end before the caller has got it, because its connection ends after the handshake: the client opens another.
            ReconnectDelay = TimeSpan.FromMilliseconds(1),
            MaxReconnectDelay = TimeSpan.FromMilliseconds(1),
        };
        options.Transports.Clear();
        options.Transports.Add(new HandshakeTransport(() => new HandshakeConnection([], server, seed)));
        return new TunnelClient(options);
    }

    private static Hello CreateHello(Random random) =>
        new(1, (byte)random.Next(1, 3), SessionFeatures.None, NewNonce(), Limits, null);

    private static Welcome CreateWelcome(byte[] hello) => new(
        1,
        SessionFeatures.None,
        Hello.Parse(hello).Nonce,
        NewNonce(),
        Limits,
        NewNonce(),
        1,
        0,
        new SessionTicket(NewNonce(), new byte[32], TimeSpan.FromSeconds(BinaryPrimitives.ReadUInt16BigEndian(hello.AsSpan(20)))));

    private static Guid NewNonce() => new(RandomNumberGenerator.GetBytes(16));

    private sealed class HandshakeTransport(Func<HandshakeConnection> connect) : ITransport
    {
        public string Name => "scripted";

        public ValueTask<ITransportConnection> ConnectAsync(TunnelEndpoint endpoint, CancellationToken cancellationToken) =>
            ValueTask.FromResult<ITransportConnection>(connect());
    }
}
