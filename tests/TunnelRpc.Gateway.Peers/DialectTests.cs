using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace TunnelRpc.Gateway.Peers;

/// <summary>
/// What every dialect must do for a program that shares no code with this project. The program serves the application of peer.py, and a
/// plain HTTP client asks it by the public URL.
/// </summary>
public abstract class DialectTests(RelayProcess relay) : IClassFixture<RelayProcess>
{
    private const string Text = "hello, tunnel: ünïcödé ☃";

    private static int _names;

    private protected RelayProcess Relay => relay;

    /// <summary>Starts a program that claims a name.</summary>
    /// <param name="name">The name.</param>
    /// <param name="programs">The number of requests that the program can answer at the same time; 1 or 4.</param>
    private protected abstract ProgramProcess Start(string name, int programs = 1);

    [Fact]
    public async Task Text_reaches_a_client()
    {
        await using ProgramProcess program = await StartServingAsync(NewName(), out string name);

        using HttpResponseMessage response = await relay.Client.GetAsync(relay.Address(name, "/text"));

        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        response.Content.Headers.ContentType!.ToString().ShouldBe("text/plain; charset=utf-8");
        (await response.Content.ReadAsStringAsync()).ShouldBe(Text);
    }

    [Fact]
    public async Task Bodies_of_any_bytes_and_lengths_return_unchanged()
    {
        await using ProgramProcess program = await StartServingAsync(NewName(), out string name);

        foreach (int length in (int[])[0, 1, 256, 70_000, 1_000_000])
        {
            byte[] sent = RandomNumberGenerator.GetBytes(length);
            using HttpResponseMessage response = await relay.Client.PostAsync(relay.Address(name, "/echo"), new ByteArrayContent(sent));

            response.StatusCode.ShouldBe(HttpStatusCode.OK, await response.Content.ReadAsStringAsync());
            (await response.Content.ReadAsByteArrayAsync()).AsSpan().SequenceEqual(sent).ShouldBeTrue($"{length} bytes");
        }
    }

    [Fact]
    public async Task Body_of_the_program_has_the_bytes_that_it_has_sent()
    {
        await using ProgramProcess program = await StartServingAsync(NewName(), out string name);

        byte[] received = await relay.Client.GetByteArrayAsync(relay.Address(name, "/bytes?count=100000"));

        received.AsSpan().SequenceEqual(Pattern(100_000)).ShouldBeTrue();
    }

    [Fact]
    public async Task Status_reason_and_fields_of_a_response_reach_the_client()
    {
        await using ProgramProcess program = await StartServingAsync(NewName(), out string name);

        using HttpResponseMessage made = await relay.Client.PutAsync(relay.Address(name, "/item"), new StringContent("x"));
        using HttpResponseMessage deleted = await relay.Client.DeleteAsync(relay.Address(name, "/item"));
        using HttpResponseMessage missing = await relay.Client.GetAsync(relay.Address(name, "/missing"));

        ((int)made.StatusCode, made.ReasonPhrase).ShouldBe((201, "Made"));
        made.Headers.GetValues("Location").ShouldBe(["/item/1"]);
        made.Headers.GetValues("Set-Cookie").ShouldBe(["a=1", "b=2"]);
        (await made.Content.ReadAsByteArrayAsync()).ShouldBeEmpty();
        deleted.StatusCode.ShouldBe(HttpStatusCode.NoContent);
        missing.StatusCode.ShouldBe(HttpStatusCode.NotFound);
        (await missing.Content.ReadAsStringAsync()).ShouldBe("nothing here");
    }

    [Fact]
    public async Task Target_and_fields_of_a_request_reach_the_program()
    {
        await using ProgramProcess program = await StartServingAsync(NewName(), out string name);
        using var message = new HttpRequestMessage(HttpMethod.Get, relay.Address(name, "/request?a=b%20c&d"));
        message.Headers.Add("X-Twice", "one, two");
        message.Headers.Add("Cookie", "a=\"1\"; b=2");

        using HttpResponseMessage response = await relay.Client.SendAsync(message);

        JsonElement received = JsonDocument.Parse(await response.Content.ReadAsStringAsync()).RootElement;
        received.GetProperty("target").GetString().ShouldBe("/request?a=b%20c&d");
        ILookup<string, string> fields = received.GetProperty("fields").EnumerateArray()
            .ToLookup(field => field[0].GetString()!, field => field[1].GetString()!, StringComparer.OrdinalIgnoreCase);
        fields["Host"].ShouldBe([new Uri(relay.Root).Authority]);
        fields["X-Twice"].ShouldBe(["one, two"]);
        fields["Cookie"].ShouldBe(["a=\"1\"; b=2"]);
        fields["Via"].ShouldBe(["1.1 tunnelrpc"]);
        fields["X-Forwarded-For"].ShouldBe(["127.0.0.1"]);
        fields["X-Forwarded-Prefix"].ShouldBe([$"/apps/{name}"]);
    }

    [Fact]
    public async Task Response_to_HEAD_has_no_body()
    {
        await using ProgramProcess program = await StartServingAsync(NewName(), out string name);
        using var message = new HttpRequestMessage(HttpMethod.Head, relay.Address(name, "/text"));

        using HttpResponseMessage response = await relay.Client.SendAsync(message);

        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        (await response.Content.ReadAsByteArrayAsync()).ShouldBeEmpty();
        (await relay.Client.GetStringAsync(relay.Address(name, "/text"))).ShouldBe(Text);
    }

    [Fact]
    public async Task Many_requests_at_once_have_their_own_responses()
    {
        const int Requests = 200;
        await using ProgramProcess program = await StartServingAsync(NewName(), out string name, programs: 4);
        var wrong = new ConcurrentBag<int>();

        await Parallel.ForEachAsync(
            Enumerable.Range(0, Requests),
            new ParallelOptions { MaxDegreeOfParallelism = 16 },
            async (number, cancellationToken) =>
            {
                byte[] sent = [.. Encoding.ASCII.GetBytes($"{number}:"), .. RandomNumberGenerator.GetBytes(number * 20)];
                using HttpResponseMessage response = await relay.Client.PostAsync(
                    relay.Address(name, "/echo"), new ByteArrayContent(sent), cancellationToken);
                byte[] received = await response.Content.ReadAsByteArrayAsync(cancellationToken);
                if (response.StatusCode != HttpStatusCode.OK || !received.AsSpan().SequenceEqual(sent))
                {
                    wrong.Add(number);
                }
            });

        wrong.ShouldBeEmpty();
    }

    [Fact]
    public async Task Two_programs_share_a_name()
    {
        await using ProgramProcess one = await StartServingAsync(NewName(), out string name);
        await using ProgramProcess two = Start(name);

        // Each program answers one request at a time, so a request that is held leaves the next one to the other program.
        Task<string>[] requests =
            [relay.Client.GetStringAsync(relay.Address(name, "/held")), relay.Client.GetStringAsync(relay.Address(name, "/held"))];
        await one.ReadEventAsync("held");
        await two.ReadEventAsync("held");
        await one.PermitAsync();
        await two.PermitAsync();

        (await Task.WhenAll(requests)).ShouldBe(["held", "held"]);
    }

    [Fact]
    public async Task Name_is_free_after_its_program_was_killed()
    {
        await using ProgramProcess program = await StartServingAsync(NewName(), out string name);

        await program.KillAsync();

        // Until the lease has expired, clients wait for a poll, and get 504 without one; what was sent on a broken connection gets 502.
        HttpStatusCode status;
        using var limit = new CancellationTokenSource(ProgramProcess.HangTimeout);
        do
        {
            await Task.Delay(20, limit.Token);
            using HttpResponseMessage response = await relay.Client.GetAsync(relay.Address(name, "/text"), limit.Token);
            status = response.StatusCode;
            ((int)status).ShouldBeOneOf(404, 502, 503, 504);
        }
        while (status != HttpStatusCode.NotFound);

        await using ProgramProcess next = Start(name);
        await ServesAsync(next, name);
    }

    [Fact]
    public async Task Name_of_another_owner_is_refused()
    {
        string name = NewName();
        using var form = new FormUrlEncodedContent([new("name", name), new("token", "the owner's")]);
        using HttpResponseMessage registered = await relay.Client.PostAsync($"{relay.Root}/reversehttp", form);
        registered.StatusCode.ShouldBe(HttpStatusCode.Created);

        await using ProgramProcess program = Start(name);

        await AssertRefusedAsync(program);
    }

    /// <summary>Asserts that the program reports that its claim is refused, and ends.</summary>
    private protected virtual async Task AssertRefusedAsync(ProgramProcess program)
    {
        JsonElement refused = await program.ReadEventAsync("refused");
        refused.GetProperty("status").GetInt32().ShouldBe(403);
        (await program.EndAsync()).ExitCode.ShouldBe(0);
    }

    /// <summary>A name that no other test of the class has.</summary>
    private protected static string NewName() => $"name-{Interlocked.Increment(ref _names)}";

    /// <summary>The bytes that the application sends for "/bytes".</summary>
    private protected static byte[] Pattern(int count)
    {
        byte[] bytes = new byte[count];
        for (int index = 0; index < count; index++)
        {
            bytes[index] = (byte)((index * 7) + (index >> 8));
        }

        return bytes;
    }

    /// <summary>Starts a program, and waits until it serves the name.</summary>
    private protected Task<ProgramProcess> StartServingAsync(string newName, out string name, int programs = 1)
    {
        name = newName;
        return ServingAsync(Start(newName, programs), newName);
    }

    /// <summary>Waits until a program that was started serves the name.</summary>
    private protected async Task<ProgramProcess> ServingAsync(ProgramProcess program, string name)
    {
        try
        {
            await ServesAsync(program, name);
            return program;
        }
        catch
        {
            await program.DisposeAsync();
            throw;
        }
    }

    private async Task ServesAsync(ProgramProcess program, string name)
    {
        using var limit = new CancellationTokenSource(ProgramProcess.HangTimeout);
        while (true)
        {
            using HttpResponseMessage response = await relay.Client.GetAsync(relay.Address(name, "/text"), limit.Token);
            if (response.StatusCode == HttpStatusCode.OK)
            {
                return;
            }

            // The program has not claimed the name yet.
            response.StatusCode.ShouldBe(HttpStatusCode.NotFound, await response.Content.ReadAsStringAsync(limit.Token));
            if (program.HasExited)
            {
                throw await program.DescribeEndAsync();
            }

            await Task.Delay(20, limit.Token);
        }
    }
}
