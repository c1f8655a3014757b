using System.Buffers;
using TunnelRpc.Serialization.Formatters;

namespace TunnelRpc.Serialization.Tests;

public class AllocationTests
{
    private const int Rounds = 1000;

    [Fact]
    public void Writing_and_reading_an_object_allocates_the_object_and_nothing_else()
    {
        ArrayBufferWriter<byte> output = new(256);
        Order order = new() { Id = 70000, Amount = 1.5, Ticks = long.MinValue, Open = true, Count = 300 };
        Order? read = null;
        RoundTrips(1);

        long objects = Allocated(() =>
        {
            for (int i = 0; i < Rounds; i++)
            {
                read = new Order();
            }
        });
        long roundTrips = Allocated(() => RoundTrips(Rounds));

        roundTrips.ShouldBe(objects);
        read.ShouldNotBeNull().Ticks.ShouldBe(long.MinValue);

        void RoundTrips(int count)
        {
            for (int i = 0; i < count; i++)
            {
                output.ResetWrittenCount();
                MessagePackWriter writer = new(output);
                OrderFormatter.Instance.Write(ref writer, order);
                writer.Flush();
                MessagePackReader reader = new(output.WrittenSpan);
                read = OrderFormatter.Instance.Read(ref reader);
            }
        }
    }

    [Fact]
    public void Values_without_a_reference_in_them_allocate_nothing()
    {
        Nothing(DecimalFormatter.Instance, decimal.MaxValue);
        Nothing(GuidFormatter.Instance, Guid.AllBitsSet);
        Nothing(DateTimeFormatter.Instance, DateTime.MaxValue);
        Nothing(DateTimeOffsetFormatter.Instance, DateTimeOffset.UnixEpoch);
        Nothing(Int128Formatter.Instance, Int128.MaxValue);
        Nothing(new EnumFormatter<DayOfWeek>(), DayOfWeek.Friday);
        Nothing(new NullableFormatter<int>(Int32Formatter.Instance), 5);
        Nothing(new ValueTupleFormatter<int, DateOnly>(Int32Formatter.Instance, DateOnlyFormatter.Instance), (1, DateOnly.MaxValue));

        static void Nothing<T>(ITunnelFormatter<T> formatter, T value)
        {
            ArrayBufferWriter<byte> output = new(256);
            RoundTrip();

            Allocated(() =>
            {
                for (int i = 0; i < Rounds; i++)
                {
                    RoundTrip();
                }
            }).ShouldBe(0, typeof(T).Name);

            void RoundTrip()
            {
                output.ResetWrittenCount();
                MessagePackWriter writer = new(output);
                formatter.Write(ref writer, value);
                writer.Flush();
                MessagePackReader reader = new(output.WrittenSpan);
                formatter.Read(ref reader);
            }
        }
    }

    /// <summary>
    /// What one batch allocates, each time that it runs: the least of several. The runtime's own work, such as replacing code
    /// that has become hot, falls into one of them.
    /// </summary>
    private static long Allocated(Action batch)
    {
        const int Batches = 5;
        batch();
        long least = long.MaxValue;
        for (int i = 0; i < Batches; i++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            batch();
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        return least;
    }
}
