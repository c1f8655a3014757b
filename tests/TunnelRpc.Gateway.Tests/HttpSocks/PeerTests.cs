using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using TunnelRpc.Tests.Accounting;
using TunnelRpc.Tests.Peers;

namespace TunnelRpc.Gateway.Tests.HttpSocks;

/// <summary>Clients that know the four requests only: bytes on a socket, and a Python script.</summary>
public sealed class PeerTests
{
    [Fact]
    public async Task Four_requests_typed_on_a_socket_work()
    {
        await using SockApp app = await SockApp.StartAsync(SockApp.Echo);
        using var socket = new TcpClient();
        await socket.ConnectAsync("127.0.0.1", app.Root.Port);
        NetworkStream stream = socket.GetStream();
        using var reader = new StreamReader(stream, Encoding.ASCII, leaveOpen: true);

        (string status, Dictionary<string, string> fields) = await SendAsync("POST /sock HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n");
        status.ShouldBe("HTTP/1.1 201 Created");
        string session = fields["X-Session"];
        (status, _) = await SendAsync($"PUT /sock HTTP/1.1\r\nHost: h\r\nX-Session: {session}\r\nContent-Length: 5\r\n\r\nhello");
        status.ShouldBe("HTTP/1.1 204 No Content");
        (status, fields) = await SendAsync($"GET /sock HTTP/1.1\r\nHost: h\r\nX-Session: {session}\r\nX-Content-Length: 1000\r\n\r\n");
        (status, fields["Content-Length"]).ShouldBe(("HTTP/1.1 200 OK", "5"));
        char[] body = new char[5];
        await reader.ReadBlockAsync(body).DefaultTimeout();
        new string(body).ShouldBe("hello");
        (status, _) = await SendAsync($"DELETE /sock HTTP/1.1\r\nHost: h\r\nX-Session: {session}\r\n\r\n");
        status.ShouldBe("HTTP/1.1 204 No Content");

        async Task<(string Status, Dictionary<string, string> Fields)> SendAsync(string request)
        {
            await stream.WriteAsync(Encoding.ASCII.GetBytes(request)).DefaultTimeout();
            string first = (await reader.ReadLineAsync().DefaultTimeout())!;
            var head = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
            while (await reader.ReadLineAsync().DefaultTimeout() is { Length: > 0 } line)
            {
                int colon = line.IndexOf(':', StringComparison.Ordinal);
                head[line[..colon]] = line[(colon + 1)..].Trim();
            }

            return (first, head);
        }
    }

    [Fact]
    public async Task Body_that_breaks_off_without_an_offset_breaks_the_session_and_with_one_continues()
    {
        await using SockApp app = await SockApp.StartAsync(SockApp.Echo);
        using SockCaller without = await SockCaller.OpenAsync(app.Address);
        using SockCaller with = await SockCaller.OpenAsync(app.Address);

        await SendHalfAsync(without.Session!, "");
        await SendHalfAsync(with.Session!, "X-Offset: 0\r\n");
        await Eventually.TrueAsync(async () => (int)(await without.FetchAsync(100)).Status == 410);

        // The server has none, some or all of the three bytes.
        using HttpResponseMessage repeated = await with.PutAsync("abcdef", 0);
        repeated.StatusCode.ShouldBe(HttpStatusCode.NoContent);
        string echo = "";
        while (echo.Length < 6)
        {
            echo += (await with.FetchAsync(100, echo.Length)).Text;
        }

        echo.ShouldBe("abcdef");

        async Task SendHalfAsync(string session, string fields)
        {
            using var socket = new TcpClient();
            await socket.ConnectAsync("127.0.0.1", app.Root.Port);
            await socket.GetStream().WriteAsync(Encoding.ASCII.GetBytes(
                $"PUT /sock HTTP/1.1\r\nHost: h\r\nX-Session: {session}\r\n{fields}Content-Length: 6\r\n\r\nabc")).DefaultTimeout();
        }
    }

    [Theory]
    [InlineData("GET /sock HTTP/1.1\r\nHost: h\r\nX-Session: a\r\nX-Session: b\r\nContent-Length: 0\r\n\r\n", "400")]
    [InlineData("GET /sock HTTP/1.1\r\nHost: h\r\nX-Session: \u0001\r\n\r\n", "404")]
    [InlineData("GET /sock HTTP/1.1\r\nHost: h\r\nX-Session: a\0b\r\n\r\n", "400")]
    [InlineData("PUT /sock HTTP/1.1\r\nHost: h\r\nContent-Length: -1\r\n\r\n", "400")]
    [InlineData("PUT /sock HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "400")]
    [InlineData("POST /sock HTTP/1.1\r\nHost: h\r\nX-Session : a\r\n\r\n", "400")]
    public async Task Garbage_costs_its_own_connection_only(string request, string status)
    {
        await using SockApp app = await SockApp.StartAsync(SockApp.Echo);
        using SockCaller caller = await SockCaller.OpenAsync(app.Address);
        using var socket = new TcpClient();
        await socket.ConnectAsync("127.0.0.1", app.Root.Port);

        await socket.GetStream().WriteAsync(Encoding.Latin1.GetBytes(request)).DefaultTimeout();
        using var reader = new StreamReader(socket.GetStream(), Encoding.ASCII);
        (await reader.ReadLineAsync().DefaultTimeout()).ShouldStartWith($"HTTP/1.1 {status} ");

        using HttpResponseMessage written = await caller.PutAsync("still here");
        (await caller.FetchAsync(100)).Text.ShouldBe("still here");
    }

    [Fact]
    public async Task Python_script_that_follows_the_page_works()
    {
        await using SockApp app = await SockApp.StartAsync(SockApp.Echo);
        Process? python;
        try
        {
            python = Process.Start(new ProcessStartInfo("python3")
            {
                ArgumentList = { Path.Combine(AppContext.BaseDirectory, "Peers", "httpsock.py"), app.Address.ToString() },
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            });
        }
        catch (System.ComponentModel.Win32Exception)
        {
            // There is no Python here.
            return;
        }

        using Process running = python!;
        try
        {
            Task<string> error = running.StandardError.ReadToEndAsync();
            string output = await running.StandardOutput.ReadToEndAsync().DefaultTimeout();
            await running.WaitForExitAsync().DefaultTimeout();

            running.ExitCode.ShouldBe(0, await error);
            output.ShouldBe("ok\n", await error);
        }
        finally
        {
            if (!running.HasExited)
            {
                running.Kill();
            }
        }
    }
}
