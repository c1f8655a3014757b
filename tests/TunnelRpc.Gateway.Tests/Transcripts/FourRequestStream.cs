using System.Text;

namespace TunnelRpc.Gateway.Tests.Transcripts;

/// <summary>
/// A client of httpsock that writes the four requests itself, on one connection: a write is a PUT, a read is a GET. It knows no offsets.
/// Its caller does not read and write at the same time.
/// </summary>
internal sealed class FourRequestStream : Stream
{
    private readonly WireConnection _connection;
    private readonly string _path;
    private string _session = "";

    private FourRequestStream(WireConnection connection, string path)
    {
        _connection = connection;
        _path = path;
    }

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public static async Task<FourRequestStream> OpenAsync(int port, string path)
    {
        var stream = new FourRequestStream(await WireConnection.ConnectAsync(port), path);
        string created = await stream.SendAsync("POST", "");
        created.ShouldStartWith("HTTP/1.1 201 Created\r\n");
        string field = created.Split("\r\n").Single(line => line.StartsWith("X-Session: ", StringComparison.Ordinal));
        stream._session = $"{field}\r\n";
        return stream;
    }

    /// <summary>Deletes the session; returns the response.</summary>
    public Task<string> DeleteAsync() => SendAsync("DELETE", "");

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (buffer.IsEmpty)
        {
            return 0;
        }

        while (true)
        {
            string response = await SendAsync("GET", $"X-Content-Length: {buffer.Length}\r\n");
            if (response.StartsWith("HTTP/1.1 200 OK\r\n", StringComparison.Ordinal))
            {
                string body = response[(response.IndexOf("\r\n\r\n", StringComparison.Ordinal) + 4)..];
                (body.Length > 0 || response.Contains("\r\nX-EOF: 1\r\n", StringComparison.Ordinal)).ShouldBeTrue(response);
                return Encoding.Latin1.GetBytes(body, buffer.Span);
            }

            response.ShouldStartWith("HTTP/1.1 204 No Content\r\n");
        }
    }

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        string body = Encoding.Latin1.GetString(buffer.Span);
        string response = await SendAsync("PUT", $"Content-Length: {body.Length}\r\n", body);
        response.ShouldStartWith("HTTP/1.1 204 No Content\r\n");
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Flush()
    {
    }

    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _connection.Dispose();
        }

        base.Dispose(disposing);
    }

    private async Task<string> SendAsync(string method, string fields, string body = "")
    {
        await _connection.SendAsync($"{method} {_path} HTTP/1.1\r\nHost: api.example.com\r\n{_session}{fields}\r\n{body}");
        return await _connection.ReadAsync();
    }
}
