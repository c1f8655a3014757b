using System.Security.Cryptography;
using TunnelRpc.Multiplexing;
using TunnelRpc.Tests.Peers;

namespace TunnelRpc.Tests.Multiplexing;

public sealed class FrameParserTests
{
    private static readonly ReceivedFrame[] Frames =
    [
        new(FrameType.Call, FrameFlags.End | FrameFlags.Metadata, 1, [1, 2, 3, 4, 5]),
        new(FrameType.Credit, FrameFlags.None, 300, [0x40, 0x80]),
        new(FrameType.Item, FrameFlags.None, (1ul << 62) - 1, RandomNumberGenerator.GetBytes(100)),
        new(FrameType.End, FrameFlags.None, 70_000, []),
        new((FrameType)0x0F, FrameFlags.None, 2, [9]),
    ];

    private static byte[] Bytes => [.. Frames.SelectMany(f => Wire.Frame(f.Type, f.Flags, f.Stream, f.Body))];

    private readonly FrameRecorder _frames = new();

    [Fact]
    public void Parse_of_bytes_split_in_three_gives_the_same_frames()
    {
        byte[] bytes = Bytes;

        for (int first = 0; first <= bytes.Length; first++)
        {
            for (int second = first; second <= bytes.Length; second++)
            {
                var frames = new FrameRecorder();
                var parser = new FrameParser(frames);
                parser.Parse(bytes.AsSpan(0, first));
                parser.Parse(bytes.AsSpan(first, second - first));
                parser.Parse(bytes.AsSpan(second));

                ShouldBeTheFrames(frames);
            }
        }
    }

    [Fact]
    public void Parse_of_single_bytes_gives_the_same_frames()
    {
        var parser = new FrameParser(_frames);

        foreach (byte next in Bytes)
        {
            parser.Parse([next]);
        }

        ShouldBeTheFrames(_frames);
    }

    [Fact]
    public void Parse_accepts_the_largest_frame_split_or_whole()
    {
        byte[] body = RandomNumberGenerator.GetBytes(Frame.MaxSize - 2);
        byte[] bytes = Wire.Frame(FrameType.Item, FrameFlags.None, 1, body);
        var parser = new FrameParser(_frames);

        parser.Parse(bytes);
        parser.Parse(bytes.AsSpan(0, 3));
        parser.Parse(bytes.AsSpan(3, 40_000));
        parser.Parse(bytes.AsSpan(40_003));

        _frames.Frames.Count.ShouldBe(2);
        _frames.Frames.ShouldAllBe(f => f.Body.SequenceEqual(body));
    }

    [Theory]
    [InlineData(0ul)]
    [InlineData(1ul)]
    [InlineData((64ul << 10) + 1)]
    [InlineData((1ul << 62) - 1)]
    public void Parse_refuses_a_length_out_of_range_before_the_frame_arrives(ulong length)
    {
        var parser = new FrameParser(_frames);

        TunnelProtocolException error = Should.Throw<TunnelProtocolException>(() => parser.Parse(Wire.VarInt(length)));

        error.Message.ShouldBe($"Expected a frame of 2 to 65536 bytes, got one that announces {length}.");
    }

    [Fact]
    public void Parse_refuses_a_frame_that_ends_within_its_stream_id()
    {
        var parser = new FrameParser(_frames);

        TunnelProtocolException error = Should.Throw<TunnelProtocolException>(() => parser.Parse([3, (byte)FrameType.Item, 0xC0, 0, 1, 2]));

        error.Message.ShouldContain("Expected a frame with a complete stream id");
    }

    private static void ShouldBeTheFrames(FrameRecorder recorder)
    {
        ReceivedFrame[] got = [.. recorder.Frames];
        got.Length.ShouldBe(Frames.Length);
        for (int i = 0; i < got.Length; i++)
        {
            (got[i].Type, got[i].Flags, got[i].Stream).ShouldBe((Frames[i].Type, Frames[i].Flags, Frames[i].Stream));
            got[i].Body.AsSpan().SequenceEqual(Frames[i].Body).ShouldBeTrue();
        }
    }
}
