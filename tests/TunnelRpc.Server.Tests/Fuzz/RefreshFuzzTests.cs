using System.Net;
using System.Text;
using Microsoft.Extensions.Logging;
using Shouldly;
using TunnelRpc.Client;
using TunnelRpc.Server.Tests.Expiry;
using TunnelRpc.Sessions;
using TunnelRpc.Tests.Fuzz;
using TunnelRpc.Tests.Peers;
using Xunit;

namespace TunnelRpc.Server.Tests.Fuzz;

/// <summary>
/// Sends requests that refresh an authentication to a real server: right ones, ones that are wrong in some part, and mutated ones. Verifies
/// that each gets the status that the protocol requires, that no session gets another user, that a session has the claims of the latest
/// accepted refresh, that calls of all sessions run, and that nothing is logged as an error. A failure names its seed.
/// </summary>
public sealed class RefreshFuzzTests
{
    private const int Cases = 5_000;
    private const int CheckEvery = 25;

    private static readonly int?[] StatusesOfMutatedRequests =
        [null, 204, 400, 401, 403, 404, 405, 408, 411, 413, 414, 417, 421, 426, 431, 501, 505];

    [Fact]
    public async Task Refresh_that_is_wrong_in_some_part_gets_its_status_and_changes_no_user()
    {
        await using Rig rig = await Rig.StartAsync();
        using var http2 = new HttpClient();
        var statuses = new HashSet<int>();
        for (int seed = 0; seed < FuzzBudget.Of(Cases); seed++)
        {
            var random = new Random(seed);
            RefreshRequest request = RefreshRequest.Create(random, rig.Sessions, rig.CreateToken);
            int? status = random.Next(4) == 0
                ? await SendOverHttp2Async(http2, rig.App, request)
                : await RawRequest.SendAsync(rig.App.Address(), request.ToBytes());

            status.ShouldBe(request.ExpectedStatus, $"seed {seed}: {request}");
            statuses.Add(request.ExpectedStatus);
            if (request.Accepted is { } session)
            {
                session.LastNumber = request.AcceptedNumber!.Value;
                session.Role = request.Role;
            }

            if (seed % CheckEvery == 0)
            {
                await rig.ShouldHaveRolesAsync(seed);
            }
        }

        statuses.Order().ShouldBe([204, 401, 403, 404, 426]);
        await rig.ShouldHaveRolesAsync(-1);
        rig.ShouldHaveLoggedNoError();
    }

    [Fact]
    public async Task Mutated_refresh_gets_a_declared_status_and_changes_no_user()
    {
        await using Rig rig = await Rig.StartAsync();
        int refused = 0;
        for (int seed = 0; seed < FuzzBudget.Of(Cases); seed++)
        {
            var random = new Random(seed);
            RefreshedSession session = rig.Sessions[random.Next(2)];
            string proof = SessionRefresh.CreateProof(session.Ticket, session.LastNumber + 1);
            string token = rig.CreateToken(session.User, "mutated", TimeSpan.FromHours(1));
            byte[] bytes = new RefreshRequest(
                "POST", "/tunnel", session.Ticket.SessionId.ToString("N"), proof, token, "Content-Length: 0\r\n\r\n", 204).ToBytes();
            byte[] mutated = random.Next(20) == 0 ? Mutation.Random(random, 400) : Mutation.Of(random, bytes);

            int? status = await RawRequest.SendAsync(rig.App.Address(), mutated);

            StatusesOfMutatedRequests.ShouldContain(status, $"seed {seed}: {Encoding.Latin1.GetString(mutated)}");
            refused += status == 204 ? 0 : 1;
            if (status == 204)
            {
                // The mutation was in a part without meaning. A proof that is not the session's is never accepted.
                Encoding.Latin1.GetString(mutated).ShouldContain(proof[(proof.IndexOf(' ') + 1)..], Case.Insensitive, $"seed {seed}");
                session.LastNumber++;
                await rig.ReadRoleAsync(session);
            }

            if (seed % CheckEvery == 0)
            {
                await rig.ShouldHaveRolesAsync(seed);
            }
        }

        refused.ShouldBeGreaterThan(Cases / 2);
        await rig.ShouldHaveRolesAsync(-1);
        rig.ShouldHaveLoggedNoError();
    }

    private static async Task<int?> SendOverHttp2Async(HttpClient http, TokenApp app, RefreshRequest request)
    {
        using var message = new HttpRequestMessage(new HttpMethod(request.Method), app.Address(request.Target, http2: true))
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = request.Method == "GET" ? null : new ByteArrayContent(new byte[request.Body.Length % 7]),
        };
        if (request.Proof is not null)
        {
            message.Headers.TryAddWithoutValidation(SessionRefresh.ProofHeader, request.Proof);
        }

        if (request.Token is not null)
        {
            message.Headers.TryAddWithoutValidation("Authorization", "Bearer " + request.Token);
        }

        using HttpResponseMessage response = await http.SendAsync(message).DefaultTimeout();
        return (int)response.StatusCode;
    }

    /// <summary>A server with sessions of two users, which are refreshed, and of a third one, which is not.</summary>
    private sealed class Rig : IAsyncDisposable
    {
        private readonly List<TunnelClient> _clients = [];

        private Rig(TokenApp app) => App = app;

        public TokenApp App { get; }

        public List<RefreshedSession> Sessions { get; } = [];

        public static async Task<Rig> StartAsync()
        {
            var rig = new Rig(await TokenApp.StartAsync(new Clock(), minimumLogLevel: LogLevel.Warning));
            foreach (string user in (string[])["ann", "eve", "bob"])
            {
                TunnelClient client = await rig.App.ConnectAsync(() => rig.CreateToken(user, "first", TimeSpan.FromHours(1)));
                rig._clients.Add(client);
                if (user != "bob")
                {
                    rig.Sessions.Add(new RefreshedSession(user, client.CurrentPeer!.Session.Parameters.Ticket, "first"));
                }
            }

            return rig;
        }

        public string CreateToken(string user, string role, TimeSpan lifetime) => App.CreateToken(user, lifetime, role);

        /// <summary>Takes over the role that a refresh has changed; the user must be the same.</summary>
        public async Task ReadRoleAsync(RefreshedSession session)
        {
            string who = await _clients[Sessions.IndexOf(session)].Get<IClock>().WhoAsync().DefaultTimeout();
            who.ShouldStartWith(session.User + " ");
            session.Role = who[(session.User.Length + 1)..];
        }

        public async Task ShouldHaveRolesAsync(int seed)
        {
            for (int i = 0; i < Sessions.Count; i++)
            {
                (await _clients[i].Get<IClock>().WhoAsync().DefaultTimeout())
                    .ShouldBe($"{Sessions[i].User} {Sessions[i].Role}", $"seed {seed}");
            }

            (await _clients[^1].Get<IClock>().WhoAsync().DefaultTimeout()).ShouldBe("bob first", $"seed {seed}");
            App.Sessions.All.Select(s => s.User!.Identity!.Name).Order(StringComparer.Ordinal)
                .ToArray().ShouldBe(["ann", "bob", "eve"], $"seed {seed}");
        }

        public void ShouldHaveLoggedNoError() => App.Log.Lines.ShouldNotContain(
            l => l.StartsWith("Error", StringComparison.Ordinal) || l.StartsWith("Critical", StringComparison.Ordinal));

        public async ValueTask DisposeAsync()
        {
            foreach (TunnelClient client in _clients)
            {
                await client.DisposeAsync();
            }

            await App.DisposeAsync();
        }
    }
}
