using System.Text;
using TunnelRpc.Gateway.Client;
using TunnelRpc.Gateway.Client.Forwarding;
using TunnelRpc.Gateway.Client.Origins;

namespace TunnelRpc.Gateway.Tests.Forwarding;

/// <summary>What a connection to a local server carries, byte for byte.</summary>
public sealed class OriginConnectionTests
{
    private const string Head = "POST / HTTP/1.1\r\nHost: shop\r\nContent-Length: 0\r\n\r\n";

    [Fact]
    public async Task Request_without_an_upload_is_written_as_it_is()
    {
        using var stream = new RecordingStream();
        using var connection = new OriginConnection(stream);

        await connection.WriteAsync(Encoding.ASCII.GetBytes(Head));

        stream.Text.ShouldBe(Head);
    }

    [Fact]
    public async Task Head_in_pieces_is_framed_when_it_is_whole()
    {
        using var stream = new RecordingStream();
        using var connection = new OriginConnection(stream);
        await using OriginUpload upload = Create(PartsAsync("ab"), 2, "Content-Type: text/x\r\n");

        OriginUpload.Current = upload;
        await connection.WriteAsync(Encoding.ASCII.GetBytes(Head[..20]));
        stream.Text.ShouldBe("");
        await connection.WriteAsync(Encoding.ASCII.GetBytes(Head[20..]));

        stream.Text.ShouldBe("POST / HTTP/1.1\r\nHost: shop\r\nContent-Type: text/x\r\nContent-Length: 2\r\n\r\nab");
        upload.IsSent.ShouldBeTrue();
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public async Task Body_of_another_length_than_stated_aborts_the_connection(int length)
    {
        using var stream = new RecordingStream();
        using var connection = new OriginConnection(stream);
        await using OriginUpload upload = Create(PartsAsync("ab"), length, "");

        OriginUpload.Current = upload;
        await connection.WriteAsync(Encoding.ASCII.GetBytes(Head));

        stream.IsDisposed.ShouldBeTrue();
        upload.IsSent.ShouldBeFalse();
        upload.Failure.ShouldBeOfType<TunnelException>().Message.ShouldContain($"Expected a body of {length} bytes");
    }

    [Fact]
    public async Task Next_request_is_not_written_and_the_connection_ends_when_the_body_was_not_sent_whole()
    {
        using var stream = new RecordingStream();
        using var connection = new OriginConnection(stream);
        var never = new TaskCompletionSource();
        await using OriginUpload upload = Create(PartsAsync("ab", never.Task), 3, "");
        OriginUpload.Current = upload;
        await connection.WriteAsync(Encoding.ASCII.GetBytes(Head));
        string sent = stream.Text;

        OriginUpload.Current = null;
        await connection.WriteAsync(Encoding.ASCII.GetBytes(Head));

        stream.IsDisposed.ShouldBeTrue();
        (await connection.ReadAsync(new byte[1])).ShouldBe(0);
        stream.Text.ShouldBe(sent);
        never.SetResult();
    }

    [Fact]
    public async Task Body_is_not_sent_a_second_time()
    {
        using var stream = new RecordingStream();
        using var connection = new OriginConnection(stream);
        using var other = new OriginConnection(new RecordingStream());
        await using OriginUpload upload = Create(PartsAsync("ab"), 2, "");
        OriginUpload.Current = upload;
        await connection.WriteAsync(Encoding.ASCII.GetBytes(Head));

        await Should.ThrowAsync<IOException>(async () => await other.WriteAsync(Encoding.ASCII.GetBytes(Head)));
    }

    [Fact]
    public async Task Stopped_upload_aborts_the_connection()
    {
        using var stream = new RecordingStream();
        using var connection = new OriginConnection(stream);
        var never = new TaskCompletionSource();
        OriginUpload upload = Create(PartsAsync("ab", never.Task), null, "");
        OriginUpload.Current = upload;
        await connection.WriteAsync(Encoding.ASCII.GetBytes(Head));

        await upload.DisposeAsync();

        stream.IsDisposed.ShouldBeTrue();
        stream.Text.ShouldEndWith("2\r\nab\r\n");
        upload.Failure.ShouldBeNull();
    }

    private static OriginUpload Create(IAsyncEnumerable<HttpOriginPart> parts, long? length, string contentFields)
    {
        var request = new HttpOriginRequest
        {
            Name = "shop",
            Method = "POST",
            Target = "/",
            Scheme = "http",
            Version = "1.1",
            Fields = [],
        };
        var forwarder = new OriginForwarder("shop", new Uri("http://127.0.0.1:1"), new HttpOriginOptions(), TimeProvider.System);
        return new OriginUpload(
            parts, length, contentFields, [], new ExchangeRecord(forwarder, null, request, 1, TimeProvider.System));
    }

    private static async IAsyncEnumerable<HttpOriginPart> PartsAsync(
        string text,
        Task? end = null,
        [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        yield return new HttpOriginPart { Data = Encoding.ASCII.GetBytes(text) };
        await (end ?? Task.CompletedTask).WaitAsync(cancellationToken);
    }

    /// <summary>Keeps what is written until it is disposed.</summary>
    private sealed class RecordingStream : MemoryStream
    {
        public bool IsDisposed { get; private set; }

        public string Text => Encoding.ASCII.GetString(ToArray());

        protected override void Dispose(bool disposing)
        {
            IsDisposed = true;
            base.Dispose(disposing);
        }
    }
}
